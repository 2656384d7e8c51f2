// The products once more, for engines with relaxed SIMD: compiled with it, `gemm` rounds a product and its sum once.
export { EDGE as fusedEdge, gemm as fusedGemm, R as fusedR } from './gemm';
