/** One step of the data path: takes a call, returns a richer one or throws a GatewayError. No step calls a step. */
export type Step<In, Out extends In> = (call: In) => Out | Promise<Out>
