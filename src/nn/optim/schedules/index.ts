// Schedules: how the learning rate changes as training goes on.
export * from './cosine.ts';
export * from './decay.ts';
export * from './lambda.ts';
export * from './oneCycle.ts';
export * from './plateau.ts';
export { Schedule, type ScheduleOptions } from './schedule.ts';
export * from './sequential.ts';
export * from './warmUp.ts';
