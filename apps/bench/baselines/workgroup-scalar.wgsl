// C = A·B in f32, all row-major, for any M, N and K. Workgroup form: tiles of A and B go through workgroup memory,
// double-buffered. A workgroup of 64 threads owns a 64×64 tile of C, a thread 8×8 of that; k advances by 8. Loads are
// scalar and predicated: a tile holds 0 where it reaches outside of A or B. One barrier a step.
// Before this text come `const M`, `const N` and `const K`, u32.

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;

// Two tiles each: of A 64 rows of 8, of B 8 rows of 64.
var<workgroup> tileA: array<f32, 1024>;
var<workgroup> tileB: array<f32, 1024>;

const STEPS = (K + 7u) / 8u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  // What this thread copies: column kA of every eighth row of the tile of A, column colB of each row of the tile of B.
  let rowA = workgroup.y * 64u + thread / 8u;
  let kA = thread % 8u;
  let colB = workgroup.x * 64u + thread;
  let inB = colB < N;
  let copyA0 = rowA * K + kA;
  let copyA1 = (rowA + 8u) * K + kA;
  let copyA2 = (rowA + 16u) * K + kA;
  let copyA3 = (rowA + 24u) * K + kA;
  let copyA4 = (rowA + 32u) * K + kA;
  let copyA5 = (rowA + 40u) * K + kA;
  let copyA6 = (rowA + 48u) * K + kA;
  let copyA7 = (rowA + 56u) * K + kA;
  let inA0 = rowA < M;
  let inA1 = rowA + 8u < M;
  let inA2 = rowA + 16u < M;
  let inA3 = rowA + 24u < M;
  let inA4 = rowA + 32u < M;
  let inA5 = rowA + 40u < M;
  let inA6 = rowA + 48u < M;
  let inA7 = rowA + 56u < M;
  // What it multiplies: eight rows of the tile of A, eight columns of the tile of B.
  let ownA = thread / 8u * 64u;
  let ownB = thread % 8u * 8u;

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

  let inK = kA < K;
  tileA[thread] = select(0.0, a[copyA0], inA0 & inK);
  tileA[thread + 64u] = select(0.0, a[copyA1], inA1 & inK);
  tileA[thread + 128u] = select(0.0, a[copyA2], inA2 & inK);
  tileA[thread + 192u] = select(0.0, a[copyA3], inA3 & inK);
  tileA[thread + 256u] = select(0.0, a[copyA4], inA4 & inK);
  tileA[thread + 320u] = select(0.0, a[copyA5], inA5 & inK);
  tileA[thread + 384u] = select(0.0, a[copyA6], inA6 & inK);
  tileA[thread + 448u] = select(0.0, a[copyA7], inA7 & inK);
  tileB[thread] = select(0.0, b[colB], inB & (0u < K));
  tileB[thread + 64u] = select(0.0, b[colB + N], inB & (1u < K));
  tileB[thread + 128u] = select(0.0, b[colB + 2u * N], inB & (2u < K));
  tileB[thread + 192u] = select(0.0, b[colB + 3u * N], inB & (3u < K));
  tileB[thread + 256u] = select(0.0, b[colB + 4u * N], inB & (4u < K));
  tileB[thread + 320u] = select(0.0, b[colB + 5u * N], inB & (5u < K));
  tileB[thread + 384u] = select(0.0, b[colB + 6u * N], inB & (6u < K));
  tileB[thread + 448u] = select(0.0, b[colB + 7u * N], inB & (7u < K));
  workgroupBarrier();

  for (var step = 0u; step < STEPS; step += 1u) {
    let now = (step & 1u) * 512u;
    let next = 512u - now;
    let more = step + 1u < STEPS;
    var nextA0: f32;
    var nextA1: f32;
    var nextA2: f32;
    var nextA3: f32;
    var nextA4: f32;
    var nextA5: f32;
    var nextA6: f32;
    var nextA7: f32;
    var nextB0: f32;
    var nextB1: f32;
    var nextB2: f32;
    var nextB3: f32;
    var nextB4: f32;
    var nextB5: f32;
    var nextB6: f32;
    var nextB7: f32;
    if (more) {
      let k = (step + 1u) * 8u;
      let nextInK = k + kA < K;
      let rowB = k * N + colB;
      nextA0 = select(0.0, a[copyA0 + k], inA0 & nextInK);
      nextA1 = select(0.0, a[copyA1 + k], inA1 & nextInK);
      nextA2 = select(0.0, a[copyA2 + k], inA2 & nextInK);
      nextA3 = select(0.0, a[copyA3 + k], inA3 & nextInK);
      nextA4 = select(0.0, a[copyA4 + k], inA4 & nextInK);
      nextA5 = select(0.0, a[copyA5 + k], inA5 & nextInK);
      nextA6 = select(0.0, a[copyA6 + k], inA6 & nextInK);
      nextA7 = select(0.0, a[copyA7 + k], inA7 & nextInK);
      nextB0 = select(0.0, b[rowB], inB & (k < K));
      nextB1 = select(0.0, b[rowB + N], inB & (k + 1u < K));
      nextB2 = select(0.0, b[rowB + 2u * N], inB & (k + 2u < K));
      nextB3 = select(0.0, b[rowB + 3u * N], inB & (k + 3u < K));
      nextB4 = select(0.0, b[rowB + 4u * N], inB & (k + 4u < K));
      nextB5 = select(0.0, b[rowB + 5u * N], inB & (k + 5u < K));
      nextB6 = select(0.0, b[rowB + 6u * N], inB & (k + 6u < K));
      nextB7 = select(0.0, b[rowB + 7u * N], inB & (k + 7u < K));
    }

    let atA = now + ownA;
    let atB = now + ownB;
    let a00 = tileA[atA];
    let a01 = tileA[atA + 1u];
    let a02 = tileA[atA + 2u];
    let a03 = tileA[atA + 3u];
    let a04 = tileA[atA + 4u];
    let a05 = tileA[atA + 5u];
    let a06 = tileA[atA + 6u];
    let a07 = tileA[atA + 7u];
    let a10 = tileA[atA + 8u];
    let a11 = tileA[atA + 9u];
    let a12 = tileA[atA + 10u];
    let a13 = tileA[atA + 11u];
    let a14 = tileA[atA + 12u];
    let a15 = tileA[atA + 13u];
    let a16 = tileA[atA + 14u];
    let a17 = tileA[atA + 15u];
    let a20 = tileA[atA + 16u];
    let a21 = tileA[atA + 17u];
    let a22 = tileA[atA + 18u];
    let a23 = tileA[atA + 19u];
    let a24 = tileA[atA + 20u];
    let a25 = tileA[atA + 21u];
    let a26 = tileA[atA + 22u];
    let a27 = tileA[atA + 23u];
    let a30 = tileA[atA + 24u];
    let a31 = tileA[atA + 25u];
    let a32 = tileA[atA + 26u];
    let a33 = tileA[atA + 27u];
    let a34 = tileA[atA + 28u];
    let a35 = tileA[atA + 29u];
    let a36 = tileA[atA + 30u];
    let a37 = tileA[atA + 31u];
    let a40 = tileA[atA + 32u];
    let a41 = tileA[atA + 33u];
    let a42 = tileA[atA + 34u];
    let a43 = tileA[atA + 35u];
    let a44 = tileA[atA + 36u];
    let a45 = tileA[atA + 37u];
    let a46 = tileA[atA + 38u];
    let a47 = tileA[atA + 39u];
    let a50 = tileA[atA + 40u];
    let a51 = tileA[atA + 41u];
    let a52 = tileA[atA + 42u];
    let a53 = tileA[atA + 43u];
    let a54 = tileA[atA + 44u];
    let a55 = tileA[atA + 45u];
    let a56 = tileA[atA + 46u];
    let a57 = tileA[atA + 47u];
    let a60 = tileA[atA + 48u];
    let a61 = tileA[atA + 49u];
    let a62 = tileA[atA + 50u];
    let a63 = tileA[atA + 51u];
    let a64 = tileA[atA + 52u];
    let a65 = tileA[atA + 53u];
    let a66 = tileA[atA + 54u];
    let a67 = tileA[atA + 55u];
    let a70 = tileA[atA + 56u];
    let a71 = tileA[atA + 57u];
    let a72 = tileA[atA + 58u];
    let a73 = tileA[atA + 59u];
    let a74 = tileA[atA + 60u];
    let a75 = tileA[atA + 61u];
    let a76 = tileA[atA + 62u];
    let a77 = tileA[atA + 63u];
    let b00 = tileB[atB];
    let b01 = tileB[atB + 1u];
    let b02 = tileB[atB + 2u];
    let b03 = tileB[atB + 3u];
    let b04 = tileB[atB + 4u];
    let b05 = tileB[atB + 5u];
    let b06 = tileB[atB + 6u];
    let b07 = tileB[atB + 7u];
    let b10 = tileB[atB + 64u];
    let b11 = tileB[atB + 65u];
    let b12 = tileB[atB + 66u];
    let b13 = tileB[atB + 67u];
    let b14 = tileB[atB + 68u];
    let b15 = tileB[atB + 69u];
    let b16 = tileB[atB + 70u];
    let b17 = tileB[atB + 71u];
    let b20 = tileB[atB + 128u];
    let b21 = tileB[atB + 129u];
    let b22 = tileB[atB + 130u];
    let b23 = tileB[atB + 131u];
    let b24 = tileB[atB + 132u];
    let b25 = tileB[atB + 133u];
    let b26 = tileB[atB + 134u];
    let b27 = tileB[atB + 135u];
    let b30 = tileB[atB + 192u];
    let b31 = tileB[atB + 193u];
    let b32 = tileB[atB + 194u];
    let b33 = tileB[atB + 195u];
    let b34 = tileB[atB + 196u];
    let b35 = tileB[atB + 197u];
    let b36 = tileB[atB + 198u];
    let b37 = tileB[atB + 199u];
    let b40 = tileB[atB + 256u];
    let b41 = tileB[atB + 257u];
    let b42 = tileB[atB + 258u];
    let b43 = tileB[atB + 259u];
    let b44 = tileB[atB + 260u];
    let b45 = tileB[atB + 261u];
    let b46 = tileB[atB + 262u];
    let b47 = tileB[atB + 263u];
    let b50 = tileB[atB + 320u];
    let b51 = tileB[atB + 321u];
    let b52 = tileB[atB + 322u];
    let b53 = tileB[atB + 323u];
    let b54 = tileB[atB + 324u];
    let b55 = tileB[atB + 325u];
    let b56 = tileB[atB + 326u];
    let b57 = tileB[atB + 327u];
    let b60 = tileB[atB + 384u];
    let b61 = tileB[atB + 385u];
    let b62 = tileB[atB + 386u];
    let b63 = tileB[atB + 387u];
    let b64 = tileB[atB + 388u];
    let b65 = tileB[atB + 389u];
    let b66 = tileB[atB + 390u];
    let b67 = tileB[atB + 391u];
    let b70 = tileB[atB + 448u];
    let b71 = tileB[atB + 449u];
    let b72 = tileB[atB + 450u];
    let b73 = tileB[atB + 451u];
    let b74 = tileB[atB + 452u];
    let b75 = tileB[atB + 453u];
    let b76 = tileB[atB + 454u];
    let b77 = tileB[atB + 455u];

    c00 = c00 + a00 * b00 + a01 * b10 + a02 * b20 + a03 * b30
      + a04 * b40 + a05 * b50 + a06 * b60 + a07 * b70;
    c01 = c01 + a00 * b01 + a01 * b11 + a02 * b21 + a03 * b31
      + a04 * b41 + a05 * b51 + a06 * b61 + a07 * b71;
    c02 = c02 + a00 * b02 + a01 * b12 + a02 * b22 + a03 * b32
      + a04 * b42 + a05 * b52 + a06 * b62 + a07 * b72;
    c03 = c03 + a00 * b03 + a01 * b13 + a02 * b23 + a03 * b33
      + a04 * b43 + a05 * b53 + a06 * b63 + a07 * b73;
    c04 = c04 + a00 * b04 + a01 * b14 + a02 * b24 + a03 * b34
      + a04 * b44 + a05 * b54 + a06 * b64 + a07 * b74;
    c05 = c05 + a00 * b05 + a01 * b15 + a02 * b25 + a03 * b35
      + a04 * b45 + a05 * b55 + a06 * b65 + a07 * b75;
    c06 = c06 + a00 * b06 + a01 * b16 + a02 * b26 + a03 * b36
      + a04 * b46 + a05 * b56 + a06 * b66 + a07 * b76;
    c07 = c07 + a00 * b07 + a01 * b17 + a02 * b27 + a03 * b37
      + a04 * b47 + a05 * b57 + a06 * b67 + a07 * b77;
    c10 = c10 + a10 * b00 + a11 * b10 + a12 * b20 + a13 * b30
      + a14 * b40 + a15 * b50 + a16 * b60 + a17 * b70;
    c11 = c11 + a10 * b01 + a11 * b11 + a12 * b21 + a13 * b31
      + a14 * b41 + a15 * b51 + a16 * b61 + a17 * b71;
    c12 = c12 + a10 * b02 + a11 * b12 + a12 * b22 + a13 * b32
      + a14 * b42 + a15 * b52 + a16 * b62 + a17 * b72;
    c13 = c13 + a10 * b03 + a11 * b13 + a12 * b23 + a13 * b33
      + a14 * b43 + a15 * b53 + a16 * b63 + a17 * b73;
    c14 = c14 + a10 * b04 + a11 * b14 + a12 * b24 + a13 * b34
      + a14 * b44 + a15 * b54 + a16 * b64 + a17 * b74;
    c15 = c15 + a10 * b05 + a11 * b15 + a12 * b25 + a13 * b35
      + a14 * b45 + a15 * b55 + a16 * b65 + a17 * b75;
    c16 = c16 + a10 * b06 + a11 * b16 + a12 * b26 + a13 * b36
      + a14 * b46 + a15 * b56 + a16 * b66 + a17 * b76;
    c17 = c17 + a10 * b07 + a11 * b17 + a12 * b27 + a13 * b37
      + a14 * b47 + a15 * b57 + a16 * b67 + a17 * b77;
    c20 = c20 + a20 * b00 + a21 * b10 + a22 * b20 + a23 * b30
      + a24 * b40 + a25 * b50 + a26 * b60 + a27 * b70;
    c21 = c21 + a20 * b01 + a21 * b11 + a22 * b21 + a23 * b31
      + a24 * b41 + a25 * b51 + a26 * b61 + a27 * b71;
    c22 = c22 + a20 * b02 + a21 * b12 + a22 * b22 + a23 * b32
      + a24 * b42 + a25 * b52 + a26 * b62 + a27 * b72;
    c23 = c23 + a20 * b03 + a21 * b13 + a22 * b23 + a23 * b33
      + a24 * b43 + a25 * b53 + a26 * b63 + a27 * b73;
    c24 = c24 + a20 * b04 + a21 * b14 + a22 * b24 + a23 * b34
      + a24 * b44 + a25 * b54 + a26 * b64 + a27 * b74;
    c25 = c25 + a20 * b05 + a21 * b15 + a22 * b25 + a23 * b35
      + a24 * b45 + a25 * b55 + a26 * b65 + a27 * b75;
    c26 = c26 + a20 * b06 + a21 * b16 + a22 * b26 + a23 * b36
      + a24 * b46 + a25 * b56 + a26 * b66 + a27 * b76;
    c27 = c27 + a20 * b07 + a21 * b17 + a22 * b27 + a23 * b37
      + a24 * b47 + a25 * b57 + a26 * b67 + a27 * b77;
    c30 = c30 + a30 * b00 + a31 * b10 + a32 * b20 + a33 * b30
      + a34 * b40 + a35 * b50 + a36 * b60 + a37 * b70;
    c31 = c31 + a30 * b01 + a31 * b11 + a32 * b21 + a33 * b31
      + a34 * b41 + a35 * b51 + a36 * b61 + a37 * b71;
    c32 = c32 + a30 * b02 + a31 * b12 + a32 * b22 + a33 * b32
      + a34 * b42 + a35 * b52 + a36 * b62 + a37 * b72;
    c33 = c33 + a30 * b03 + a31 * b13 + a32 * b23 + a33 * b33
      + a34 * b43 + a35 * b53 + a36 * b63 + a37 * b73;
    c34 = c34 + a30 * b04 + a31 * b14 + a32 * b24 + a33 * b34
      + a34 * b44 + a35 * b54 + a36 * b64 + a37 * b74;
    c35 = c35 + a30 * b05 + a31 * b15 + a32 * b25 + a33 * b35
      + a34 * b45 + a35 * b55 + a36 * b65 + a37 * b75;
    c36 = c36 + a30 * b06 + a31 * b16 + a32 * b26 + a33 * b36
      + a34 * b46 + a35 * b56 + a36 * b66 + a37 * b76;
    c37 = c37 + a30 * b07 + a31 * b17 + a32 * b27 + a33 * b37
      + a34 * b47 + a35 * b57 + a36 * b67 + a37 * b77;
    c40 = c40 + a40 * b00 + a41 * b10 + a42 * b20 + a43 * b30
      + a44 * b40 + a45 * b50 + a46 * b60 + a47 * b70;
    c41 = c41 + a40 * b01 + a41 * b11 + a42 * b21 + a43 * b31
      + a44 * b41 + a45 * b51 + a46 * b61 + a47 * b71;
    c42 = c42 + a40 * b02 + a41 * b12 + a42 * b22 + a43 * b32
      + a44 * b42 + a45 * b52 + a46 * b62 + a47 * b72;
    c43 = c43 + a40 * b03 + a41 * b13 + a42 * b23 + a43 * b33
      + a44 * b43 + a45 * b53 + a46 * b63 + a47 * b73;
    c44 = c44 + a40 * b04 + a41 * b14 + a42 * b24 + a43 * b34
      + a44 * b44 + a45 * b54 + a46 * b64 + a47 * b74;
    c45 = c45 + a40 * b05 + a41 * b15 + a42 * b25 + a43 * b35
      + a44 * b45 + a45 * b55 + a46 * b65 + a47 * b75;
    c46 = c46 + a40 * b06 + a41 * b16 + a42 * b26 + a43 * b36
      + a44 * b46 + a45 * b56 + a46 * b66 + a47 * b76;
    c47 = c47 + a40 * b07 + a41 * b17 + a42 * b27 + a43 * b37
      + a44 * b47 + a45 * b57 + a46 * b67 + a47 * b77;
    c50 = c50 + a50 * b00 + a51 * b10 + a52 * b20 + a53 * b30
      + a54 * b40 + a55 * b50 + a56 * b60 + a57 * b70;
    c51 = c51 + a50 * b01 + a51 * b11 + a52 * b21 + a53 * b31
      + a54 * b41 + a55 * b51 + a56 * b61 + a57 * b71;
    c52 = c52 + a50 * b02 + a51 * b12 + a52 * b22 + a53 * b32
      + a54 * b42 + a55 * b52 + a56 * b62 + a57 * b72;
    c53 = c53 + a50 * b03 + a51 * b13 + a52 * b23 + a53 * b33
      + a54 * b43 + a55 * b53 + a56 * b63 + a57 * b73;
    c54 = c54 + a50 * b04 + a51 * b14 + a52 * b24 + a53 * b34
      + a54 * b44 + a55 * b54 + a56 * b64 + a57 * b74;
    c55 = c55 + a50 * b05 + a51 * b15 + a52 * b25 + a53 * b35
      + a54 * b45 + a55 * b55 + a56 * b65 + a57 * b75;
    c56 = c56 + a50 * b06 + a51 * b16 + a52 * b26 + a53 * b36
      + a54 * b46 + a55 * b56 + a56 * b66 + a57 * b76;
    c57 = c57 + a50 * b07 + a51 * b17 + a52 * b27 + a53 * b37
      + a54 * b47 + a55 * b57 + a56 * b67 + a57 * b77;
    c60 = c60 + a60 * b00 + a61 * b10 + a62 * b20 + a63 * b30
      + a64 * b40 + a65 * b50 + a66 * b60 + a67 * b70;
    c61 = c61 + a60 * b01 + a61 * b11 + a62 * b21 + a63 * b31
      + a64 * b41 + a65 * b51 + a66 * b61 + a67 * b71;
    c62 = c62 + a60 * b02 + a61 * b12 + a62 * b22 + a63 * b32
      + a64 * b42 + a65 * b52 + a66 * b62 + a67 * b72;
    c63 = c63 + a60 * b03 + a61 * b13 + a62 * b23 + a63 * b33
      + a64 * b43 + a65 * b53 + a66 * b63 + a67 * b73;
    c64 = c64 + a60 * b04 + a61 * b14 + a62 * b24 + a63 * b34
      + a64 * b44 + a65 * b54 + a66 * b64 + a67 * b74;
    c65 = c65 + a60 * b05 + a61 * b15 + a62 * b25 + a63 * b35
      + a64 * b45 + a65 * b55 + a66 * b65 + a67 * b75;
    c66 = c66 + a60 * b06 + a61 * b16 + a62 * b26 + a63 * b36
      + a64 * b46 + a65 * b56 + a66 * b66 + a67 * b76;
    c67 = c67 + a60 * b07 + a61 * b17 + a62 * b27 + a63 * b37
      + a64 * b47 + a65 * b57 + a66 * b67 + a67 * b77;
    c70 = c70 + a70 * b00 + a71 * b10 + a72 * b20 + a73 * b30
      + a74 * b40 + a75 * b50 + a76 * b60 + a77 * b70;
    c71 = c71 + a70 * b01 + a71 * b11 + a72 * b21 + a73 * b31
      + a74 * b41 + a75 * b51 + a76 * b61 + a77 * b71;
    c72 = c72 + a70 * b02 + a71 * b12 + a72 * b22 + a73 * b32
      + a74 * b42 + a75 * b52 + a76 * b62 + a77 * b72;
    c73 = c73 + a70 * b03 + a71 * b13 + a72 * b23 + a73 * b33
      + a74 * b43 + a75 * b53 + a76 * b63 + a77 * b73;
    c74 = c74 + a70 * b04 + a71 * b14 + a72 * b24 + a73 * b34
      + a74 * b44 + a75 * b54 + a76 * b64 + a77 * b74;
    c75 = c75 + a70 * b05 + a71 * b15 + a72 * b25 + a73 * b35
      + a74 * b45 + a75 * b55 + a76 * b65 + a77 * b75;
    c76 = c76 + a70 * b06 + a71 * b16 + a72 * b26 + a73 * b36
      + a74 * b46 + a75 * b56 + a76 * b66 + a77 * b76;
    c77 = c77 + a70 * b07 + a71 * b17 + a72 * b27 + a73 * b37
      + a74 * b47 + a75 * b57 + a76 * b67 + a77 * b77;

    if (more) {
      tileA[next + thread] = nextA0;
      tileA[next + thread + 64u] = nextA1;
      tileA[next + thread + 128u] = nextA2;
      tileA[next + thread + 192u] = nextA3;
      tileA[next + thread + 256u] = nextA4;
      tileA[next + thread + 320u] = nextA5;
      tileA[next + thread + 384u] = nextA6;
      tileA[next + thread + 448u] = nextA7;
      tileB[next + thread] = nextB0;
      tileB[next + thread + 64u] = nextB1;
      tileB[next + thread + 128u] = nextB2;
      tileB[next + thread + 192u] = nextB3;
      tileB[next + thread + 256u] = nextB4;
      tileB[next + thread + 320u] = nextB5;
      tileB[next + thread + 384u] = nextB6;
      tileB[next + thread + 448u] = nextB7;
    }
    workgroupBarrier();
  }

  let row = workgroup.y * 64u + thread / 8u * 8u;
  let col = workgroup.x * 64u + thread % 8u * 8u;
  let inM0 = row < M;
  let inM1 = row + 1u < M;
  let inM2 = row + 2u < M;
  let inM3 = row + 3u < M;
  let inM4 = row + 4u < M;
  let inM5 = row + 5u < M;
  let inM6 = row + 6u < M;
  let inM7 = row + 7u < M;
  let inN0 = col < N;
  let inN1 = col + 1u < N;
  let inN2 = col + 2u < N;
  let inN3 = col + 3u < N;
  let inN4 = col + 4u < N;
  let inN5 = col + 5u < N;
  let inN6 = col + 6u < N;
  let inN7 = col + 7u < N;
  let out = row * N + col;
  if (inM0 & inN0) { c[out] = c00; }
  if (inM0 & inN1) { c[out + 1u] = c01; }
  if (inM0 & inN2) { c[out + 2u] = c02; }
  if (inM0 & inN3) { c[out + 3u] = c03; }
  if (inM0 & inN4) { c[out + 4u] = c04; }
  if (inM0 & inN5) { c[out + 5u] = c05; }
  if (inM0 & inN6) { c[out + 6u] = c06; }
  if (inM0 & inN7) { c[out + 7u] = c07; }
  if (inM1 & inN0) { c[out + N] = c10; }
  if (inM1 & inN1) { c[out + N + 1u] = c11; }
  if (inM1 & inN2) { c[out + N + 2u] = c12; }
  if (inM1 & inN3) { c[out + N + 3u] = c13; }
  if (inM1 & inN4) { c[out + N + 4u] = c14; }
  if (inM1 & inN5) { c[out + N + 5u] = c15; }
  if (inM1 & inN6) { c[out + N + 6u] = c16; }
  if (inM1 & inN7) { c[out + N + 7u] = c17; }
  if (inM2 & inN0) { c[out + 2u * N] = c20; }
  if (inM2 & inN1) { c[out + 2u * N + 1u] = c21; }
  if (inM2 & inN2) { c[out + 2u * N + 2u] = c22; }
  if (inM2 & inN3) { c[out + 2u * N + 3u] = c23; }
  if (inM2 & inN4) { c[out + 2u * N + 4u] = c24; }
  if (inM2 & inN5) { c[out + 2u * N + 5u] = c25; }
  if (inM2 & inN6) { c[out + 2u * N + 6u] = c26; }
  if (inM2 & inN7) { c[out + 2u * N + 7u] = c27; }
  if (inM3 & inN0) { c[out + 3u * N] = c30; }
  if (inM3 & inN1) { c[out + 3u * N + 1u] = c31; }
  if (inM3 & inN2) { c[out + 3u * N + 2u] = c32; }
  if (inM3 & inN3) { c[out + 3u * N + 3u] = c33; }
  if (inM3 & inN4) { c[out + 3u * N + 4u] = c34; }
  if (inM3 & inN5) { c[out + 3u * N + 5u] = c35; }
  if (inM3 & inN6) { c[out + 3u * N + 6u] = c36; }
  if (inM3 & inN7) { c[out + 3u * N + 7u] = c37; }
  if (inM4 & inN0) { c[out + 4u * N] = c40; }
  if (inM4 & inN1) { c[out + 4u * N + 1u] = c41; }
  if (inM4 & inN2) { c[out + 4u * N + 2u] = c42; }
  if (inM4 & inN3) { c[out + 4u * N + 3u] = c43; }
  if (inM4 & inN4) { c[out + 4u * N + 4u] = c44; }
  if (inM4 & inN5) { c[out + 4u * N + 5u] = c45; }
  if (inM4 & inN6) { c[out + 4u * N + 6u] = c46; }
  if (inM4 & inN7) { c[out + 4u * N + 7u] = c47; }
  if (inM5 & inN0) { c[out + 5u * N] = c50; }
  if (inM5 & inN1) { c[out + 5u * N + 1u] = c51; }
  if (inM5 & inN2) { c[out + 5u * N + 2u] = c52; }
  if (inM5 & inN3) { c[out + 5u * N + 3u] = c53; }
  if (inM5 & inN4) { c[out + 5u * N + 4u] = c54; }
  if (inM5 & inN5) { c[out + 5u * N + 5u] = c55; }
  if (inM5 & inN6) { c[out + 5u * N + 6u] = c56; }
  if (inM5 & inN7) { c[out + 5u * N + 7u] = c57; }
  if (inM6 & inN0) { c[out + 6u * N] = c60; }
  if (inM6 & inN1) { c[out + 6u * N + 1u] = c61; }
  if (inM6 & inN2) { c[out + 6u * N + 2u] = c62; }
  if (inM6 & inN3) { c[out + 6u * N + 3u] = c63; }
  if (inM6 & inN4) { c[out + 6u * N + 4u] = c64; }
  if (inM6 & inN5) { c[out + 6u * N + 5u] = c65; }
  if (inM6 & inN6) { c[out + 6u * N + 6u] = c66; }
  if (inM6 & inN7) { c[out + 6u * N + 7u] = c67; }
  if (inM7 & inN0) { c[out + 7u * N] = c70; }
  if (inM7 & inN1) { c[out + 7u * N + 1u] = c71; }
  if (inM7 & inN2) { c[out + 7u * N + 2u] = c72; }
  if (inM7 & inN3) { c[out + 7u * N + 3u] = c73; }
  if (inM7 & inN4) { c[out + 7u * N + 4u] = c74; }
  if (inM7 & inN5) { c[out + 7u * N + 5u] = c75; }
  if (inM7 & inN6) { c[out + 7u * N + 6u] = c76; }
  if (inM7 & inN7) { c[out + 7u * N + 7u] = c77; }
}
