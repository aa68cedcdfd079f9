#include "media/png.h"

#include <spng.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "media/convert.h"
#include "media/picture.h"

namespace turnstone {
namespace {

struct Close {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, Close>;

Result<> ok(int status) {
  if (status == SPNG_EMEM) return fail(Code::unavailable, "no memory for a PNG");
  if (status != 0) return fail(Code::invalid, "damaged PNG: {}", spng_strerror(status));
  return {};
}

bool has_transparency(spng_ctx* context, const spng_ihdr& header) {
  if (header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
      header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA)
    return true;
  spng_trns ignored;
  return spng_get_trns(context, &ignored) == 0;
}

// Deflate makes at most 1032 bytes of one, so a header cannot claim more than its file can hold.
Result<> check_plausible(const spng_ihdr& header, size_t bytes) {
  TRY(check_picture_size(header.width, header.height));
  const auto bits = uint64_t{header.width} * header.height * header.bit_depth;
  if (bits / 8 / 1100 > bytes)
    return fail(Code::invalid, "damaged PNG: {} x {} pixels cannot be in {} bytes", header.width,
                header.height, bytes);
  return {};
}

// What is decoded, and how it becomes pixels of `format`.
struct Reading {
  int decoded;         // format of the library
  int flags;           // of the library
  PixelFormat format;  // of the picture
  int step;            // bytes of a decoded pixel
};

Reading reading_of(spng_ctx* context, const spng_ihdr& header) {
  if (has_transparency(context, header))
    return {SPNG_FMT_RGBA8, SPNG_DECODE_TRNS, PixelFormat::rgb, 4};
  if (header.color_type != SPNG_COLOR_TYPE_GRAYSCALE)
    return {SPNG_FMT_RGB8, 0, PixelFormat::rgb, 3};
  if (header.bit_depth == 16) return {SPNG_FMT_RAW, 0, PixelFormat::gray, 2};
  return {SPNG_FMT_G8, 0, PixelFormat::gray, 1};
}

// Which pixels of a row a pass of the decoder brings: all, or some where the file is interlaced.
struct Columns {
  int first;
  int step;
};

Columns columns_of(const spng_ihdr& header, int pass) {
  constexpr Columns adam7[] = {{0, 8}, {4, 8}, {0, 4}, {2, 4}, {0, 2}, {1, 2}, {0, 1}};
  return header.interlace_method == SPNG_INTERLACE_NONE ? Columns{0, 1} : adam7[pass];
}

void blend(const uint8_t* from, uint8_t* out) {
  const int alpha = from[3];
  for (int i = 0; i < 3; ++i)
    out[i] = static_cast<uint8_t>((from[i] * alpha + 255 * (255 - alpha) + 127) / 255);
}

void convert_row(const std::vector<uint8_t>& line, const Reading& reading, Columns columns,
                 int width, uint8_t* out) {
  for (int x = columns.first; x < width; x += columns.step) {
    const auto* from = &line[size_t(x) * reading.step];
    if (reading.format == PixelFormat::gray)
      out[x] = *from;  // the sample itself (8 bits) or its upper half (16 bits)
    else if (reading.step == 4)
      blend(from, out + 3 * x);
    else
      std::memcpy(out + 3 * x, from, 3);
  }
}

// Row by row, so that nothing beside the picture is as large as the picture.
Result<> read_rows(spng_ctx* context, const spng_ihdr& header, const Reading& reading,
                   Image& image) {
  std::vector<uint8_t> line(size_t{header.width} * reading.step);
  TRY(ok(spng_decode_image(context, nullptr, 0, reading.decoded,
                           reading.flags | SPNG_DECODE_PROGRESSIVE)));
  spng_row_info row = {};
  int status = 0;
  while (status != SPNG_EOI && (status = spng_get_row_info(context, &row)) == 0) {
    status = spng_decode_row(context, line.data(), line.size());
    if (status != SPNG_EOI) TRY(ok(status));
    convert_row(line, reading, columns_of(header, row.pass), image.width(),
                image.row(static_cast<int>(row.row_num)));
  }
  if (status != SPNG_EOI) return ok(status);
  // What follows the pixels has to be there as well, up to the end marker.
  return ok(spng_decode_chunks(context));
}

}  // namespace

bool is_png(std::span<const std::byte> bytes) {
  constexpr unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  return bytes.size() >= sizeof signature &&
         std::memcmp(bytes.data(), signature, sizeof signature) == 0;
}

Result<Image> decode_png(std::span<const std::byte> bytes) {
  const Context context(spng_ctx_new(0));
  if (!context) TRY(ok(SPNG_EMEM));
  constexpr size_t most_chunk = size_t{1} << 26;
  TRY(ok(spng_set_chunk_limits(context.get(), most_chunk, most_chunk)));
  TRY(ok(spng_set_png_buffer(context.get(), bytes.data(), bytes.size())));
  spng_ihdr header = {};
  TRY(ok(spng_get_ihdr(context.get(), &header)));
  TRY(check_plausible(header, bytes.size()));
  const auto reading = reading_of(context.get(), header);
  auto image = TRY(
      make_image(reading.format, static_cast<int>(header.width), static_cast<int>(header.height)));
  TRY(read_rows(context.get(), header, reading, image));
  return image;
}

Result<Bytes> encode_png(const Frame& frame) {
  TRY(check_picture(frame));
  TRY(check_picture_size(frame.width, frame.height));
  const bool is_gray = frame.format == PixelFormat::gray;
  const auto line = size_t(is_gray ? 1 : 3) * static_cast<size_t>(frame.width);
  std::vector<uint8_t> pixels(line * static_cast<size_t>(frame.height));
  for (int y = 0; y < frame.height; ++y) {
    if (is_gray)
      std::memcpy(&pixels[line * y], frame.planes[0].data + y * frame.planes[0].stride, line);
    else
      rgb_row(frame, y, &pixels[line * y]);
  }
  const Context context(spng_ctx_new(SPNG_CTX_ENCODER));
  CHECK(context != nullptr);
  spng_ihdr header = {};
  header.width = static_cast<uint32_t>(frame.width);
  header.height = static_cast<uint32_t>(frame.height);
  header.bit_depth = 8;
  header.color_type = is_gray ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR;
  int status = spng_set_option(context.get(), SPNG_ENCODE_TO_BUFFER, 1);
  if (status == 0) status = spng_set_ihdr(context.get(), &header);
  if (status == 0)
    status = spng_encode_image(context.get(), pixels.data(), pixels.size(), SPNG_FMT_PNG,
                               SPNG_ENCODE_FINALIZE);
  size_t size = 0;
  const std::unique_ptr<void, void (*)(void*)> made(
      status == 0 ? spng_get_png_buffer(context.get(), &size, &status) : nullptr, std::free);
  if (status != 0 || !made)
    return fail(Code::invalid, "PNG cannot be written: {}", spng_strerror(status));
  const auto* from = static_cast<const std::byte*>(made.get());
  return Bytes(from, from + size);
}

Result<> write_png(const std::filesystem::path& path, const Frame& frame) {
  return write_file(path, TRY(encode_png(frame), path.string()));
}

}  // namespace turnstone
