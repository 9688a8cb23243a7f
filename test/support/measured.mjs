// Loaded before a program that is measured (`node --expose-gc --import`): tells its parent on demand what it has used.
process.on('message', (wish) => {
  if (wish === 'collect') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const resources = process.getActiveResourcesInfo();
  process.send({ ...process.memoryUsage(), cpuMicroseconds: user + system, resources });
});
// What is asked for from outside does not keep the program alive.
process.channel.unref();
