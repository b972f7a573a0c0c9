// C = A·B in f32, all row-major. Register form: no workgroup memory. A workgroup of 64 threads owns a 64×64 tile of C,
// a thread 8×8 of that. Four steps of k at a time it reads a vec4 of each of its rows of A and two vec4 of each of four
// rows of B, then takes each of its 64 sums four products further.
// Before this text come `const M`, `const N` and `const K`, u32: M and N multiples of 64, K of 4.

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>;

const K4 = K / 4u;
const N4 = N / 4u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.y * 64u + thread / 8u * 8u;
  let col4 = workgroup.x * 16u + thread % 8u * 2u;
  let row0 = row * K4;
  let row1 = (row + 1u) * K4;
  let row2 = (row + 2u) * K4;
  let row3 = (row + 3u) * K4;
  let row4 = (row + 4u) * K4;
  let row5 = (row + 5u) * K4;
  let row6 = (row + 6u) * K4;
  let row7 = (row + 7u) * K4;

  var c00 = 0.0; var c01 = 0.0; var c02 = 0.0; var c03 = 0.0;
  var c04 = 0.0; var c05 = 0.0; var c06 = 0.0; var c07 = 0.0;
  var c10 = 0.0; var c11 = 0.0; var c12 = 0.0; var c13 = 0.0;
  var c14 = 0.0; var c15 = 0.0; var c16 = 0.0; var c17 = 0.0;
  var c20 = 0.0; var c21 = 0.0; var c22 = 0.0; var c23 = 0.0;
  var c24 = 0.0; var c25 = 0.0; var c26 = 0.0; var c27 = 0.0;
  var c30 = 0.0; var c31 = 0.0; var c32 = 0.0; var c33 = 0.0;
  var c34 = 0.0; var c35 = 0.0; var c36 = 0.0; var c37 = 0.0;
  var c40 = 0.0; var c41 = 0.0; var c42 = 0.0; var c43 = 0.0;
  var c44 = 0.0; var c45 = 0.0; var c46 = 0.0; var c47 = 0.0;
  var c50 = 0.0; var c51 = 0.0; var c52 = 0.0; var c53 = 0.0;
  var c54 = 0.0; var c55 = 0.0; var c56 = 0.0; var c57 = 0.0;
  var c60 = 0.0; var c61 = 0.0; var c62 = 0.0; var c63 = 0.0;
  var c64 = 0.0; var c65 = 0.0; var c66 = 0.0; var c67 = 0.0;
  var c70 = 0.0; var c71 = 0.0; var c72 = 0.0; var c73 = 0.0;
  var c74 = 0.0; var c75 = 0.0; var c76 = 0.0; var c77 = 0.0;

  for (var k4 = 0u; k4 < K4; k4 += 1u) {
    let a0 = a[row0 + k4];
    let a1 = a[row1 + k4];
    let a2 = a[row2 + k4];
    let a3 = a[row3 + k4];
    let a4 = a[row4 + k4];
    let a5 = a[row5 + k4];
    let a6 = a[row6 + k4];
    let a7 = a[row7 + k4];
    let b0 = k4 * 4u * N4 + col4;
    let b1 = (k4 * 4u + 1u) * N4 + col4;
    let b2 = (k4 * 4u + 2u) * N4 + col4;
    let b3 = (k4 * 4u + 3u) * N4 + col4;
    let b0l = b[b0];
    let b0r = b[b0 + 1u];
    let b1l = b[b1];
    let b1r = b[b1 + 1u];
    let b2l = b[b2];
    let b2r = b[b2 + 1u];
    let b3l = b[b3];
    let b3r = b[b3 + 1u];

    c00 = c00 + a0.x * b0l.x + a0.y * b1l.x + a0.z * b2l.x + a0.w * b3l.x;
    c01 = c01 + a0.x * b0l.y + a0.y * b1l.y + a0.z * b2l.y + a0.w * b3l.y;
    c02 = c02 + a0.x * b0l.z + a0.y * b1l.z + a0.z * b2l.z + a0.w * b3l.z;
    c03 = c03 + a0.x * b0l.w + a0.y * b1l.w + a0.z * b2l.w + a0.w * b3l.w;
    c04 = c04 + a0.x * b0r.x + a0.y * b1r.x + a0.z * b2r.x + a0.w * b3r.x;
    c05 = c05 + a0.x * b0r.y + a0.y * b1r.y + a0.z * b2r.y + a0.w * b3r.y;
    c06 = c06 + a0.x * b0r.z + a0.y * b1r.z + a0.z * b2r.z + a0.w * b3r.z;
    c07 = c07 + a0.x * b0r.w + a0.y * b1r.w + a0.z * b2r.w + a0.w * b3r.w;
    c10 = c10 + a1.x * b0l.x + a1.y * b1l.x + a1.z * b2l.x + a1.w * b3l.x;
    c11 = c11 + a1.x * b0l.y + a1.y * b1l.y + a1.z * b2l.y + a1.w * b3l.y;
    c12 = c12 + a1.x * b0l.z + a1.y * b1l.z + a1.z * b2l.z + a1.w * b3l.z;
    c13 = c13 + a1.x * b0l.w + a1.y * b1l.w + a1.z * b2l.w + a1.w * b3l.w;
    c14 = c14 + a1.x * b0r.x + a1.y * b1r.x + a1.z * b2r.x + a1.w * b3r.x;
    c15 = c15 + a1.x * b0r.y + a1.y * b1r.y + a1.z * b2r.y + a1.w * b3r.y;
    c16 = c16 + a1.x * b0r.z + a1.y * b1r.z + a1.z * b2r.z + a1.w * b3r.z;
    c17 = c17 + a1.x * b0r.w + a1.y * b1r.w + a1.z * b2r.w + a1.w * b3r.w;
    c20 = c20 + a2.x * b0l.x + a2.y * b1l.x + a2.z * b2l.x + a2.w * b3l.x;
    c21 = c21 + a2.x * b0l.y + a2.y * b1l.y + a2.z * b2l.y + a2.w * b3l.y;
    c22 = c22 + a2.x * b0l.z + a2.y * b1l.z + a2.z * b2l.z + a2.w * b3l.z;
    c23 = c23 + a2.x * b0l.w + a2.y * b1l.w + a2.z * b2l.w + a2.w * b3l.w;
    c24 = c24 + a2.x * b0r.x + a2.y * b1r.x + a2.z * b2r.x + a2.w * b3r.x;
    c25 = c25 + a2.x * b0r.y + a2.y * b1r.y + a2.z * b2r.y + a2.w * b3r.y;
    c26 = c26 + a2.x * b0r.z + a2.y * b1r.z + a2.z * b2r.z + a2.w * b3r.z;
    c27 = c27 + a2.x * b0r.w + a2.y * b1r.w + a2.z * b2r.w + a2.w * b3r.w;
    c30 = c30 + a3.x * b0l.x + a3.y * b1l.x + a3.z * b2l.x + a3.w * b3l.x;
    c31 = c31 + a3.x * b0l.y + a3.y * b1l.y + a3.z * b2l.y + a3.w * b3l.y;
    c32 = c32 + a3.x * b0l.z + a3.y * b1l.z + a3.z * b2l.z + a3.w * b3l.z;
    c33 = c33 + a3.x * b0l.w + a3.y * b1l.w + a3.z * b2l.w + a3.w * b3l.w;
    c34 = c34 + a3.x * b0r.x + a3.y * b1r.x + a3.z * b2r.x + a3.w * b3r.x;
    c35 = c35 + a3.x * b0r.y + a3.y * b1r.y + a3.z * b2r.y + a3.w * b3r.y;
    c36 = c36 + a3.x * b0r.z + a3.y * b1r.z + a3.z * b2r.z + a3.w * b3r.z;
    c37 = c37 + a3.x * b0r.w + a3.y * b1r.w + a3.z * b2r.w + a3.w * b3r.w;
    c40 = c40 + a4.x * b0l.x + a4.y * b1l.x + a4.z * b2l.x + a4.w * b3l.x;
    c41 = c41 + a4.x * b0l.y + a4.y * b1l.y + a4.z * b2l.y + a4.w * b3l.y;
    c42 = c42 + a4.x * b0l.z + a4.y * b1l.z + a4.z * b2l.z + a4.w * b3l.z;
    c43 = c43 + a4.x * b0l.w + a4.y * b1l.w + a4.z * b2l.w + a4.w * b3l.w;
    c44 = c44 + a4.x * b0r.x + a4.y * b1r.x + a4.z * b2r.x + a4.w * b3r.x;
    c45 = c45 + a4.x * b0r.y + a4.y * b1r.y + a4.z * b2r.y + a4.w * b3r.y;
    c46 = c46 + a4.x * b0r.z + a4.y * b1r.z + a4.z * b2r.z + a4.w * b3r.z;
    c47 = c47 + a4.x * b0r.w + a4.y * b1r.w + a4.z * b2r.w + a4.w * b3r.w;
    c50 = c50 + a5.x * b0l.x + a5.y * b1l.x + a5.z * b2l.x + a5.w * b3l.x;
    c51 = c51 + a5.x * b0l.y + a5.y * b1l.y + a5.z * b2l.y + a5.w * b3l.y;
    c52 = c52 + a5.x * b0l.z + a5.y * b1l.z + a5.z * b2l.z + a5.w * b3l.z;
    c53 = c53 + a5.x * b0l.w + a5.y * b1l.w + a5.z * b2l.w + a5.w * b3l.w;
    c54 = c54 + a5.x * b0r.x + a5.y * b1r.x + a5.z * b2r.x + a5.w * b3r.x;
    c55 = c55 + a5.x * b0r.y + a5.y * b1r.y + a5.z * b2r.y + a5.w * b3r.y;
    c56 = c56 + a5.x * b0r.z + a5.y * b1r.z + a5.z * b2r.z + a5.w * b3r.z;
    c57 = c57 + a5.x * b0r.w + a5.y * b1r.w + a5.z * b2r.w + a5.w * b3r.w;
    c60 = c60 + a6.x * b0l.x + a6.y * b1l.x + a6.z * b2l.x + a6.w * b3l.x;
    c61 = c61 + a6.x * b0l.y + a6.y * b1l.y + a6.z * b2l.y + a6.w * b3l.y;
    c62 = c62 + a6.x * b0l.z + a6.y * b1l.z + a6.z * b2l.z + a6.w * b3l.z;
    c63 = c63 + a6.x * b0l.w + a6.y * b1l.w + a6.z * b2l.w + a6.w * b3l.w;
    c64 = c64 + a6.x * b0r.x + a6.y * b1r.x + a6.z * b2r.x + a6.w * b3r.x;
    c65 = c65 + a6.x * b0r.y + a6.y * b1r.y + a6.z * b2r.y + a6.w * b3r.y;
    c66 = c66 + a6.x * b0r.z + a6.y * b1r.z + a6.z * b2r.z + a6.w * b3r.z;
    c67 = c67 + a6.x * b0r.w + a6.y * b1r.w + a6.z * b2r.w + a6.w * b3r.w;
    c70 = c70 + a7.x * b0l.x + a7.y * b1l.x + a7.z * b2l.x + a7.w * b3l.x;
    c71 = c71 + a7.x * b0l.y + a7.y * b1l.y + a7.z * b2l.y + a7.w * b3l.y;
    c72 = c72 + a7.x * b0l.z + a7.y * b1l.z + a7.z * b2l.z + a7.w * b3l.z;
    c73 = c73 + a7.x * b0l.w + a7.y * b1l.w + a7.z * b2l.w + a7.w * b3l.w;
    c74 = c74 + a7.x * b0r.x + a7.y * b1r.x + a7.z * b2r.x + a7.w * b3r.x;
    c75 = c75 + a7.x * b0r.y + a7.y * b1r.y + a7.z * b2r.y + a7.w * b3r.y;
    c76 = c76 + a7.x * b0r.z + a7.y * b1r.z + a7.z * b2r.z + a7.w * b3r.z;
    c77 = c77 + a7.x * b0r.w + a7.y * b1r.w + a7.z * b2r.w + a7.w * b3r.w;
  }

  let out = row * N4 + col4;
  c[out] = vec4<f32>(c00, c01, c02, c03);
  c[out + 1u] = vec4<f32>(c04, c05, c06, c07);
  c[out + N4] = vec4<f32>(c10, c11, c12, c13);
  c[out + N4 + 1u] = vec4<f32>(c14, c15, c16, c17);
  c[out + 2u * N4] = vec4<f32>(c20, c21, c22, c23);
  c[out + 2u * N4 + 1u] = vec4<f32>(c24, c25, c26, c27);
  c[out + 3u * N4] = vec4<f32>(c30, c31, c32, c33);
  c[out + 3u * N4 + 1u] = vec4<f32>(c34, c35, c36, c37);
  c[out + 4u * N4] = vec4<f32>(c40, c41, c42, c43);
  c[out + 4u * N4 + 1u] = vec4<f32>(c44, c45, c46, c47);
  c[out + 5u * N4] = vec4<f32>(c50, c51, c52, c53);
  c[out + 5u * N4 + 1u] = vec4<f32>(c54, c55, c56, c57);
  c[out + 6u * N4] = vec4<f32>(c60, c61, c62, c63);
  c[out + 6u * N4 + 1u] = vec4<f32>(c64, c65, c66, c67);
  c[out + 7u * N4] = vec4<f32>(c70, c71, c72, c73);
  c[out + 7u * N4 + 1u] = vec4<f32>(c74, c75, c76, c77);
}
