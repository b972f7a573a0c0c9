/** Building graphs: tensors and nodes in order, names made unique. */
import { checkArgument, checkOptions, dtypes, invariant, type SizeExpr } from '@tilewright/ir'
import type { Graph, GraphNode, Operation } from './graph.js'
import type { Tensor, TensorData, TensorType } from './tensor.js'

export interface GraphBuilder {
  readonly input: (name: string, type: TensorType) => Tensor
  readonly constant: (name: string, data: TensorData) => Tensor
  /** Applies an operation; gives its outputs. `outputNames` default to the node's name. */
  readonly apply: (
    operation: Operation,
    inputs: readonly Tensor[],
    names?: { readonly node?: string; readonly outputs?: readonly string[] },
  ) => readonly Tensor[]
  /** `apply` for an operation with one output. */
  readonly apply1: (operation: Operation, inputs: readonly Tensor[], name?: string) => Tensor
  readonly finish: (outputs: readonly { readonly name: string; readonly tensor: Tensor }[]) => Graph
}

const code = 'graph/argument'
const help = "pass { dtype: 'f32', shape: [2, size('N')] }, and data: new Float32Array(8) for a constant"
const isTensor = (tensor: Tensor | undefined): boolean => tensor?.kind === 'tensor'

/** Callers without types may pass anything. */
function checkType(name: string, type: TensorType): void {
  checkArgument(typeof name === 'string', code, 'the name of a tensor is a text', name, "pass 'x'")
  const known: readonly string[] = [...dtypes, 'i64']
  const named = `dtypes are named ${known.join(', ')}`
  checkArgument(Array.isArray(type?.shape), code, `the shape of "${name}" is an array`, type?.shape, help)
  checkArgument(known.includes(type.dtype), code, `the dtype of "${name}" is one of a graph`, type.dtype, named)
  const isSize = (extent: SizeExpr): boolean => typeof extent === 'number' || extent?.kind !== undefined
  const wrong = Array.from(type.shape).findIndex((extent) => !isSize(extent))
  checkArgument(wrong < 0, code, `extent ${wrong} of "${name}" is a size`, type.shape[wrong], help)
}

/** Starts a graph. Its methods throw `CompileError` `graph/argument` for arguments that are something else. */
export function buildGraph(name: string): GraphBuilder {
  const inputs: Tensor[] = []
  const nodes: GraphNode[] = []
  const taken = new Map<string, number>()
  const unique = (wanted: string): string => {
    const count = taken.get(wanted) ?? 0
    taken.set(wanted, count + 1)
    return count === 0 ? wanted : unique(`${wanted}_${count}`)
  }
  const apply: GraphBuilder['apply'] = (operation, operands, names = {}) => {
    const isOperation = Array.isArray(operation?.outputs)
    checkArgument(isOperation, code, 'what is applied is an operation', operation, 'pass apply(reluOp(x), [x])')
    const isTensors = Array.isArray(operands) && Array.from(operands).every(isTensor)
    checkArgument(isTensors, code, `the inputs of ${operation.name} are an array of tensors`, operands, 'pass [x]')
    checkOptions(code, 'apply', names, { node: true, outputs: true })
    const node = unique(names.node ?? operation.name)
    const outputs = operation.outputs.map(
      (type, i): Tensor => ({
        kind: 'tensor',
        name: names.outputs?.[i] ?? (i === 0 ? node : `${node}_${i}`),
        ...type,
        constant: undefined,
      }),
    )
    nodes.push({ name: node, operation, inputs: operands, outputs })
    return outputs
  }
  return {
    input: (inputName, type) => {
      checkType(inputName, type)
      const tensor: Tensor = { kind: 'tensor', name: inputName, ...type, constant: undefined }
      inputs.push(tensor)
      return tensor
    },
    constant: (constantName, data) => {
      checkType(constantName, data)
      checkArgument(
        ArrayBuffer.isView(data.data),
        code,
        `the data of "${constantName}" is a typed array`,
        data.data,
        help,
      )
      return { kind: 'tensor', name: constantName, dtype: data.dtype, shape: data.shape, constant: data }
    },
    apply,
    apply1: (operation, operands, nodeName) => {
      const [output, second] = apply(
        operation,
        operands,
        nodeName === undefined ? {} : { node: nodeName, outputs: [nodeName] },
      )
      invariant(output !== undefined && second === undefined, `${operation.name} has one output`)
      return output
    },
    finish: (outputs) => {
      const isOutputs = Array.isArray(outputs) && Array.from(outputs).every((output) => isTensor(output?.tensor))
      checkArgument(
        isOutputs,
        code,
        'the outputs are an array of names with tensors',
        outputs,
        "pass [{ name: 'y', tensor }]",
      )
      return { kind: 'graph', name, inputs, outputs, nodes }
    },
  }
}
