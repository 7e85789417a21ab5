/** What is undone when this process, or this worker, exits without having undone it: by `process.exit`, or by an error. */
const undoings = new Set<() => void>();

/** Calls `undo` when the process exits, which a signal that nobody handles prevents. Returns the function that forgets it. */
export function atExit(undo: () => void): () => void {
  // One listener for all: Node warns of many.
  if (undoings.size === 0) process.on('exit', undoAll);
  undoings.add(undo);
  return () => {
    undoings.delete(undo);
    if (undoings.size === 0) process.off('exit', undoAll);
  };
}

function undoAll(): void {
  for (const undo of undoings) {
    try {
      undo();
    } catch {
      // The process ends whatever can be undone, and the next one must have its turn.
    }
  }
}
