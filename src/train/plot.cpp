#include "train/plot.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "base/text.h"
#include "train/canvas.h"

namespace turnstone {
namespace {

constexpr double width = 460, height = 320;  // of one diagram
constexpr double left = 56, right = 16, top = 40, bottom = 44;
constexpr Ink gray = {0.85, 0.85, 0.85}, dark = {0.25, 0.25, 0.25};
constexpr std::array<Ink, 4> inks = {
    {{0.12, 0.42, 0.70}, {0.85, 0.40, 0.10}, {0.20, 0.55, 0.25}, {0.55, 0.30, 0.60}}};

// Places of one diagram on the canvas.
struct Area {
  double from;  // left side of the whole diagram
  double low, high;
  int64_t epochs;
  double x(double epoch) const {
    const auto most = static_cast<double>(std::max<int64_t>(epochs - 1, 1));
    return from + left + epoch / most * (width - left - right);
  }
  double y(double value) const {
    const double share = (std::clamp(value, low, high) - low) / (high - low);
    return height - bottom - share * (height - top - bottom);
  }
};

void draw_axes(Canvas& canvas, const Area& frame, const Diagram& diagram) {
  constexpr int steps = 4;
  canvas.text(frame.from + left, top / 2, diagram.title, Align::left, 15);
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const double value = frame.low + share * (frame.high - frame.low);
    canvas.line(frame.x(0), frame.y(value), frame.from + width - right, frame.y(value), gray);
    canvas.text(frame.x(0) - 6, frame.y(value), fmt::format("{:.2f}", value), Align::right, 11,
                dark);
    const double epoch = share * static_cast<double>(std::max<int64_t>(frame.epochs - 1, 1));
    canvas.text(frame.x(epoch), height - bottom + 14, fmt::format("{:.0f}", epoch + 1),
                Align::centre, 11, dark);
  }
  canvas.text(frame.from + (left + width - right) / 2, height - 12, "epoch", Align::centre, 11,
              dark);
}

void draw_curves(Canvas& canvas, const Area& frame, const Diagram& diagram) {
  double legend = frame.from + width - right;
  for (size_t c = diagram.curves.size(); c-- > 0;) {
    const auto& curve = diagram.curves[c];
    const auto ink = inks[c % inks.size()];
    canvas.begin();
    for (size_t i = 0; i < curve.values.size(); ++i)
      canvas.point(frame.x(static_cast<double>(i)), frame.y(curve.values[i]));
    canvas.end(ink);
    canvas.text(legend, top / 2, curve.name, Align::right, 12, ink);
    legend -= 14 + 7 * static_cast<double>(curve.name.size());
  }
}

void draw(Canvas& canvas, const Diagram& diagram, double from) {
  size_t epochs = 0;
  for (const auto& curve : diagram.curves) epochs = std::max(epochs, curve.values.size());
  const Area frame{from, diagram.low, std::max(diagram.high, diagram.low + 1e-9),
                   static_cast<int64_t>(epochs)};
  draw_axes(canvas, frame, diagram);
  if (diagram.mark >= 0)
    canvas.line(frame.x(diagram.mark), top, frame.x(diagram.mark), height - bottom,
                {0.6, 0.6, 0.6});
  draw_curves(canvas, frame, diagram);
}

std::string shortened(const std::string& label) {
  constexpr size_t most = 14;
  const auto text = printable(label);
  return text.size() <= most ? text : text.substr(0, most - 1) + ".";
}

using Counts = std::vector<std::vector<int64_t>>;

// The classes that a matrix shows, in their order: all, or those with most mistakes.
std::vector<size_t> chosen_classes(const Counts& counts) {
  constexpr size_t most = 64;
  std::vector<int64_t> mistakes(counts.size(), 0);
  for (size_t truth = 0; truth < counts.size(); ++truth)
    for (size_t answer = 0; answer < counts.size(); ++answer) {
      if (answer == truth) continue;
      mistakes[truth] += counts[truth][answer];
      mistakes[answer] += counts[truth][answer];
    }
  std::vector<size_t> classes(counts.size());
  std::iota(classes.begin(), classes.end(), size_t{0});
  if (classes.size() <= most) return classes;
  std::ranges::stable_sort(classes, std::greater(), [&](size_t k) { return mistakes[k]; });
  classes.resize(most);
  std::ranges::sort(classes);
  return classes;
}

// One row of the matrix, its middle at `y`.
void draw_row(Canvas& canvas, const std::vector<int64_t>& counts,
              const std::vector<size_t>& classes, double x, double y, double cell) {
  const auto sum = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  for (const auto answer : classes) {
    const double share = sum ? static_cast<double>(counts[answer]) / static_cast<double>(sum) : 0;
    canvas.rectangle(x + 1, y - cell / 2 + 1, cell - 2, cell - 2,
                     {1 - 0.85 * share, 1 - 0.55 * share, 1 - 0.25 * share});
    canvas.text(x + cell / 2, y, fmt::format("{}", counts[answer]), Align::centre,
                std::min(15.0, cell / 2.5), share > 0.6 ? Ink{1, 1, 1} : Ink{});
    x += cell;
  }
}

}  // namespace

Result<> plot_diagrams(const std::filesystem::path& path, const std::vector<Diagram>& diagrams) {
  Canvas canvas(static_cast<int>(width * static_cast<double>(diagrams.size())),
                static_cast<int>(height));
  for (size_t i = 0; i < diagrams.size(); ++i)
    draw(canvas, diagrams[i], width * static_cast<double>(i));
  return canvas.write(path);
}

Result<> plot_confusion(const std::filesystem::path& path, const std::string& title,
                        const std::vector<std::vector<int64_t>>& counts,
                        const std::vector<std::string>& labels) {
  constexpr double margin = 120, head = 84;
  const auto classes = chosen_classes(counts);
  const auto size = static_cast<double>(classes.size());
  const double cell = std::clamp(600.0 / size, 14.0, 90.0);
  const double side = cell * size;
  Canvas canvas(static_cast<int>(margin + std::max(side, 220.0) + 20),
                static_cast<int>(head + side + 20));
  const auto which =
      classes.size() == counts.size()
          ? std::string()
          : fmt::format(", the {} of {} classes with most mistakes", classes.size(), counts.size());
  canvas.text(12, 20, title + which, Align::left, 15);
  canvas.text(12, 42, "rows: truth, columns: answer", Align::left, 11, dark);
  for (size_t i = 0; i < classes.size(); ++i) {
    const double middle = cell * (static_cast<double>(i) + 0.5);
    const auto label = shortened(labels[classes[i]]);
    canvas.text(margin - 8, head + middle, label, Align::right);
    canvas.text(margin + middle, head - 12, label, Align::centre);
    draw_row(canvas, counts[classes[i]], classes, margin, head + middle, cell);
  }
  return canvas.write(path);
}

}  // namespace turnstone
