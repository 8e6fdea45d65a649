"""Prints what is in the files of a prediction, one line a file."""

import struct
import sys
from pathlib import Path

import h5py
import nibabel


def shape(path):
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            sizes = []
            file.visititems(lambda name, item: sizes.append(f"/{name} {item.shape}") if hasattr(item, "shape") else None)
            return ", ".join(sizes)
    if path.suffix == ".png":
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        return f"{width} x {height} pixels"
    image = nibabel.load(path)
    if isinstance(image, nibabel.GiftiImage):
        return f"{len(image.darrays)} seconds of {image.darrays[0].data.size} vertices"
    return str(image.shape)


for path in map(Path, sys.argv[1:]):
    print(f"  {path}\n      {shape(path)}")
