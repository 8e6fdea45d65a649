//! Bytes out: NIfTI, GIFTI, CIFTI-2, HDF5, npy, PNG.
