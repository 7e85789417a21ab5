// A process under orders: `{ order, ...details }` comes over its channel, and what the order returns goes back.

/** `also` is added to each answer. */
export function obey(orders, also = () => ({})) {
  process.on('message', async ({ order, ...details }) => {
    let answer;
    try {
      answer = { ...(await orders[order](details)) };
    } catch (error) {
      answer = { code: error.code, message: error.message };
    }
    process.send({ ...answer, ...also() });
  });
}
