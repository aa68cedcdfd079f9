#include "media/jpeg.h"

#include <jerror.h>
#include <jpeglib.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "media/convert.h"
#include "media/exif.h"
#include "media/picture.h"

namespace turnstone {
namespace {

// A refinement scan costs time in proportion to the whole picture, however short it is.
constexpr int most_scans = 200;

// What the decoder may take beside the picture: the coefficients of a progressive one, at 2 to 6
// bytes a pixel.
constexpr long most_memory = 1L << 28;  // bytes

// Where libjpeg reports; `escape` leads out of the call that failed.
struct Reporter {
  jpeg_error_mgr manager;
  std::jmp_buf escape;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr common) {
  auto* reporter = reinterpret_cast<Reporter*>(common->err);
  reporter->manager.format_message(common, reporter->text);
  std::longjmp(reporter->escape, 1);
}

// Oddities that lose no pixels are let pass.
bool is_harmless(int message) {
  return message == JWRN_EXTRANEOUS_DATA || message == JWRN_JFIF_MAJOR ||
         message == JWRN_ADOBE_XFORM;
}

void warned(j_common_ptr common, int level) {
  if (level < 0 && !is_harmless(common->err->msg_code)) leave(common);
}

void scanned(j_common_ptr common) {
  const auto* reader = reinterpret_cast<j_decompress_ptr>(common);
  if (common->is_decompressor && reader->input_scan_number > most_scans) {
    common->err->msg_code = JERR_BAD_PROGRESSION;
    leave(common);
  }
}

jpeg_error_mgr* attach(Reporter& reporter) {
  auto* manager = jpeg_std_error(&reporter.manager);
  manager->error_exit = leave;
  manager->emit_message = warned;
  manager->output_message = [](j_common_ptr) {};
  return manager;
}

struct Reader {
  jpeg_decompress_struct decoder = {};
  jpeg_progress_mgr progress = {};
  Reporter reporter = {};

  Reader() {
    decoder.err = attach(reporter);
    progress.progress_monitor = scanned;
  }
  Reader(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&decoder); }
};

// The functions that set a jump hold nothing that needs a destructor.
bool read_header(Reader& reader, std::span<const std::byte> bytes) {
  if (setjmp(reader.reporter.escape)) return false;
  auto& decoder = reader.decoder;
  jpeg_create_decompress(&decoder);
  decoder.progress = &reader.progress;
  decoder.mem->max_memory_to_use = most_memory;
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&decoder, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&decoder, TRUE);
  return true;
}

bool read_rows(Reader& reader, Image& image) {
  if (setjmp(reader.reporter.escape)) return false;
  auto& decoder = reader.decoder;
  decoder.out_color_space = image.format() == PixelFormat::gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&decoder);
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = image.row(static_cast<int>(decoder.output_scanline));
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  return true;
}

int orientation_of(const jpeg_decompress_struct& decoder) {
  for (auto* marker = decoder.marker_list; marker; marker = marker->next) {
    const auto value = exif_orientation({marker->data, marker->data_length});
    if (value != 1) return value;
  }
  return 1;
}

// A Huffman-coded block needs a bit, so a header cannot claim what its file is too small to hold.
Result<> check_plausible(const jpeg_decompress_struct& decoder, size_t bytes) {
  TRY(check_picture_size(decoder.image_width, decoder.image_height));
  const auto area = uint64_t{decoder.image_width} * decoder.image_height;
  constexpr uint64_t always_fine = uint64_t{1} << 24;
  if (area > always_fine && area / 1024 > bytes)
    return fail(Code::invalid, "damaged JPEG: {} x {} pixels cannot be in {} bytes",
                decoder.image_width, decoder.image_height, bytes);
  return {};
}

std::unexpected<Error> refused(const Reader& reader) {
  const auto message = reader.reporter.manager.msg_code;
  if (message == JERR_OUT_OF_MEMORY) return fail(Code::unavailable, "no memory for a JPEG");
  if (message == JERR_NO_BACKING_STORE)
    return fail(Code::invalid, "progressive JPEG of {} x {} pixels needs more than {} bytes",
                reader.decoder.image_width, reader.decoder.image_height, most_memory);
  return fail(Code::invalid, "damaged JPEG: {}", reader.reporter.text);
}

// A picture as its file has it, and how it has to be turned.
struct Stored {
  Image image;
  int orientation;  // 1..8
};

Result<Stored> read_stored(std::span<const std::byte> bytes) {
  Reader reader;
  if (!read_header(reader, bytes)) return refused(reader);
  const auto& decoder = reader.decoder;
  TRY(check_plausible(decoder, bytes.size()));
  if (decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK)
    return fail(Code::unsupported, "JPEG in CMYK is not read, legal are gray and colour");
  const bool is_gray = decoder.jpeg_color_space == JCS_GRAYSCALE;
  auto image = TRY(make_image(is_gray ? PixelFormat::gray : PixelFormat::rgb,
                              static_cast<int>(decoder.image_width),
                              static_cast<int>(decoder.image_height)));
  if (!read_rows(reader, image)) return refused(reader);
  return Stored{std::move(image), orientation_of(decoder)};
}

struct Writer {
  jpeg_compress_struct encoder = {};
  Reporter reporter = {};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  Writer() { encoder.err = attach(reporter); }
  Writer(const Writer&) = delete;
  ~Writer() {
    jpeg_destroy_compress(&encoder);
    std::free(bytes);
  }
};

bool write_rows(Writer& writer, const Frame& frame, int quality, uint8_t* line) {
  if (setjmp(writer.reporter.escape)) return false;
  auto& encoder = writer.encoder;
  const bool is_gray = frame.format == PixelFormat::gray;
  jpeg_create_compress(&encoder);
  jpeg_mem_dest(&encoder, &writer.bytes, &writer.size);
  encoder.image_width = static_cast<JDIMENSION>(frame.width);
  encoder.image_height = static_cast<JDIMENSION>(frame.height);
  encoder.input_components = is_gray ? 1 : 3;
  encoder.in_color_space = is_gray ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  while (encoder.next_scanline < encoder.image_height) {
    const auto y = static_cast<int>(encoder.next_scanline);
    JSAMPROW row = line;
    if (is_gray)
      row = const_cast<uint8_t*>(frame.planes[0].data + y * frame.planes[0].stride);
    else
      rgb_row(frame, y, line);
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  return true;
}

}  // namespace

bool is_jpeg(std::span<const std::byte> bytes) {
  return bytes.size() >= 3 && std::memcmp(bytes.data(), "\xff\xd8\xff", 3) == 0;
}

Result<Image> decode_jpeg(std::span<const std::byte> bytes) {
  const auto stored = TRY(read_stored(bytes));
  return upright(stored.image, stored.orientation);
}

Result<Bytes> encode_jpeg(const Frame& frame, int quality) {
  TRY(check_picture(frame));
  TRY(check_picture_size(frame.width, frame.height));
  if (quality < 1 || quality > 100)
    return fail(Code::invalid, "JPEG quality {} is outside 1..100", quality);
  std::vector<uint8_t> line(size_t{3} * static_cast<size_t>(frame.width));
  Writer writer;
  if (!write_rows(writer, frame, quality, line.data()))
    return fail(Code::invalid, "JPEG cannot be written: {}", writer.reporter.text);
  const auto* from = reinterpret_cast<const std::byte*>(writer.bytes);
  return Bytes(from, from + writer.size);
}

Result<> write_jpeg(const std::filesystem::path& path, const Frame& frame, int quality) {
  return write_file(path, TRY(encode_jpeg(frame, quality), path.string()));
}

}  // namespace turnstone
