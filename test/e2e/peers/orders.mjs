// The orders to a peer, and its answers, over the IPC channel of child_process.fork.

export const report = (message) => process.send(message);

/** Carries out `{ order, ask, ...details }` by the function of `does` that is called so, and answers what it returns. */
export function answerOrders(does) {
  process.on('message', async ({ order, ask, ...details }) => {
    const is = `answer ${ask}`;
    try {
      report({ is, ...(await does[order](details)) });
    } catch (error) {
      if (error.name === 'CtrlIfError') report({ is, code: error.code, message: error.message });
      else report({ is: 'failed', what: `${order}: ${error.stack}` });
    }
  });
}
