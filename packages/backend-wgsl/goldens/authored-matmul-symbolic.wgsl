@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;
struct Scalars {
  s0: i32,
  s1: i32,
  s2: i32,
  s3: i32,
  s4: i32,
  s5: i32,
}
@group(0) @binding(3) var<uniform> scalars: Scalars;
var<workgroup> tile_a: array<f32, 256>;
var<workgroup> tile_b: array<f32, 256>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup_id: vec3<u32>, @builtin(local_invocation_index) local_invocation_index: u32) {
  let workgroup_y = i32(workgroup_id.y);
  let workgroup_x = i32(workgroup_id.x);
  let thread = i32(local_invocation_index);
  let position = workgroup_y * 65535 + workgroup_x;
  if (position < scalars.s0) {
    var sums_0 = 0.0f;
    var sums_1 = 0.0f;
    var sums_2 = 0.0f;
    var sums_3 = 0.0f;
    var sums_4 = 0.0f;
    var sums_5 = 0.0f;
    var sums_6 = 0.0f;
    var sums_7 = 0.0f;
    var sums_8 = 0.0f;
    var sums_9 = 0.0f;
    var sums_10 = 0.0f;
    var sums_11 = 0.0f;
    var sums_12 = 0.0f;
    var sums_13 = 0.0f;
    var sums_14 = 0.0f;
    var sums_15 = 0.0f;
    let thread_mod_8 = thread & 7;
    let thread_div_8 = thread >> 3u;
    let t = thread_div_8 * 32;
    let t_1 = thread_mod_8 * 4;
    let tile_b_base = t + thread_mod_8;
    let row = position / scalars.s1 * 32;
    let column = position % scalars.s1 * 32;
    let t_2 = row + thread_div_8;
    let b_base = column + thread_mod_8;
    for (var k0 = 0; k0 < scalars.s2; k0++) {
      let t_3 = k0 * 8;
      let a_base = thread_mod_8 + t_3;
      let inside = a_base < scalars.s3;
      for (var r = 0; r < 4; r++) {
        let t_4 = t_2 + r * 8;
        tile_a[thread + r * 64] = select(0.0f, a[a_base + t_4 * scalars.s3], inside & (t_4 < scalars.s4));
      }
      let t_4 = thread_div_8 + t_3;
      let inside_1 = t_4 < scalars.s3;
      let b_base_1 = b_base + t_4 * scalars.s5;
      for (var r = 0; r < 4; r++) {
        let t_5 = r * 8;
        tile_b[tile_b_base + t_5] = select(0.0f, b[b_base_1 + t_5], inside_1 & (b_base + t_5 < scalars.s5));
      }
      workgroupBarrier();
      for (var k = 0; k < 8; k++) {
        let tile_a_base = t + k;
        let tile_b_base_1 = t_1 + k * 32;
        sums_0 = sums_0 + tile_a[tile_a_base] * tile_b[tile_b_base_1];
        let tile_b_base_2 = tile_b_base_1 + 1;
        sums_1 = sums_1 + tile_a[tile_a_base] * tile_b[tile_b_base_2];
        let tile_b_base_3 = tile_b_base_1 + 2;
        sums_2 = sums_2 + tile_a[tile_a_base] * tile_b[tile_b_base_3];
        let tile_b_base_4 = tile_b_base_1 + 3;
        sums_3 = sums_3 + tile_a[tile_a_base] * tile_b[tile_b_base_4];
        let tile_a_base_1 = tile_a_base + 8;
        sums_4 = sums_4 + tile_a[tile_a_base_1] * tile_b[tile_b_base_1];
        sums_5 = sums_5 + tile_a[tile_a_base_1] * tile_b[tile_b_base_2];
        sums_6 = sums_6 + tile_a[tile_a_base_1] * tile_b[tile_b_base_3];
        sums_7 = sums_7 + tile_a[tile_a_base_1] * tile_b[tile_b_base_4];
        let tile_a_base_2 = tile_a_base + 16;
        sums_8 = sums_8 + tile_a[tile_a_base_2] * tile_b[tile_b_base_1];
        sums_9 = sums_9 + tile_a[tile_a_base_2] * tile_b[tile_b_base_2];
        sums_10 = sums_10 + tile_a[tile_a_base_2] * tile_b[tile_b_base_3];
        sums_11 = sums_11 + tile_a[tile_a_base_2] * tile_b[tile_b_base_4];
        let tile_a_base_3 = tile_a_base + 24;
        sums_12 = sums_12 + tile_a[tile_a_base_3] * tile_b[tile_b_base_1];
        sums_13 = sums_13 + tile_a[tile_a_base_3] * tile_b[tile_b_base_2];
        sums_14 = sums_14 + tile_a[tile_a_base_3] * tile_b[tile_b_base_3];
        sums_15 = sums_15 + tile_a[tile_a_base_3] * tile_b[tile_b_base_4];
      }
      workgroupBarrier();
    }
    let t_3 = row + thread_div_8 * 4;
    let c_base = column + t_1;
    let inside = c_base < scalars.s5;
    if ((t_3 < scalars.s4) & inside) {
      c[(c_base + t_3 * scalars.s5) >> 2u] = vec4<f32>(sums_0, sums_1, sums_2, sums_3);
    }
    let t_4 = t_3 + 1;
    if ((t_4 < scalars.s4) & inside) {
      c[(c_base + t_4 * scalars.s5) >> 2u] = vec4<f32>(sums_4, sums_5, sums_6, sums_7);
    }
    let t_5 = t_3 + 2;
    if ((t_5 < scalars.s4) & inside) {
      c[(c_base + t_5 * scalars.s5) >> 2u] = vec4<f32>(sums_8, sums_9, sums_10, sums_11);
    }
    let t_6 = t_3 + 3;
    if ((t_6 < scalars.s4) & inside) {
      c[(c_base + t_6 * scalars.s5) >> 2u] = vec4<f32>(sums_12, sums_13, sums_14, sums_15);
    }
  }
}
