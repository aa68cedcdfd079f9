// Pictures in files: JPEG and PNG, in and out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/result.h"
#include "media/frame.h"

namespace turnstone {

// Decodes a JPEG or a PNG; the kind is seen from the bytes. Gray pictures become `gray`, all others
// `rgb`. JPEG: the EXIF orientation is applied, so the frame stands upright; CMYK is unsupported.
// PNG: palettes are expanded, 16-bit samples keep their upper byte, and where there is transparency
// the picture is laid over white, as a viewer shows it. Errors: invalid for a damaged or truncated
// file (a JPEG decoder's warnings count as damage) and for sizes beyond most_side or
// most_area (image.h), a progressive JPEG that needs more than 256 MiB beside its pixels too;
// unsupported for other kinds; unavailable when there is no memory.
Result<Frame> decode_picture(std::span<const std::byte> bytes);

// The same from a file; sets Frame::file and both times. Errors name the path; missing too.
Result<Frame> read_picture(const std::filesystem::path& path);

// True for names that end in .jpg, .jpeg or .png, in any case.
bool is_picture_name(const std::filesystem::path& path);

// JPEG of any frame, with chroma at half size as cameras write it. `quality` 1..100. Errors:
// invalid for sizes beyond most_side or most_area, or an empty frame; unsupported for a window of
// samples.
Result<Bytes> encode_jpeg(const Frame& frame, int quality = 90);
Result<> write_jpeg(const std::filesystem::path& path, const Frame& frame, int quality = 90);

// PNG of any frame, 8 bits, gray or RGB. Errors: as encode_jpeg.
Result<Bytes> encode_png(const Frame& frame);
Result<> write_png(const std::filesystem::path& path, const Frame& frame);

}  // namespace turnstone
