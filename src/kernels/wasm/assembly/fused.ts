// The products once more, for engines with relaxed SIMD: compiled with it, `gemm` rounds a product and its sum once.
export { FEW_COLUMNS as fusedFewColumns, fewRows as fusedFewRows } from './fewRows';
export { BLOCK_A as fusedBlockA, EDGE as fusedEdge, gemm as fusedGemm, R as fusedR } from './gemm';
