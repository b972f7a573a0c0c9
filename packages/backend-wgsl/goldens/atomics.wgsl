@group(0) @binding(0) var<storage, read_write> counts: array<atomic<i32>>;
var<workgroup> total: atomic<u32>;

@compute @workgroup_size(4)
fn main() {
  atomicStore(&total, 0u);
  workgroupBarrier();
  let previous = atomicAdd(&counts[2], 1);
  atomicStore(&counts[0], atomicLoad(&counts[1]) + previous);
  atomicMax(&total, 7u);
}
