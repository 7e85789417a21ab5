/** The functions to call when this process or worker exits by `process.exit` or by an error. */
const undoings = new Set<() => void>();

/** Calls `undo` when the process exits, but not when a signal without a handler ends it. Returns the function that removes `undo`. */
export function atExit(undo: () => void): () => void {
  // One listener for all functions, because Node warns of many listeners.
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
      // The process ends anyway, and the remaining functions must be called.
    }
  }
}
