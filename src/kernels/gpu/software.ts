/** Names of adapters that compute on the CPU. */
export const softwareName = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;
