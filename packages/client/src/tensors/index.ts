/** Tensors, in Node and in browsers: `@supanest/client/tensors`. */
export type { ArrayOf, Dtype, TensorData } from './dtypes.ts';
export type { AxisSlice } from './slice-plan.ts';
export type { FileBytes, TensorFile, TensorFiles } from './tensor-files.types.ts';
export { supanestFiles } from './supanest-files.ts';
export {
  TensorBusyError,
  TensorChangedError,
  TensorExistsError,
  TensorFormatError,
  TensorNotFoundError,
} from './tensor.errors.ts';
export {
  TensorStore,
  type AppendOptions,
  type SetOptions,
  type TensorInput,
  type TensorStream,
  type TransferOptions,
} from './tensor-store.ts';
export { tensor, tensorOfNumbers, type NestedNumbers, type Tensor } from './tensor.ts';
