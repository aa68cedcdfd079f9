// Strips: a function that has each stage make the rows that the next one needs, turn by turn.
#include "codegen/emitter.h"

namespace turnstone {
namespace {

std::string bounded_text(const std::string& value, int64_t most) {
  return fmt::format("({0} < {1} ? {0} : {1})", value, most);
}

}  // namespace

std::vector<Step> emit_strip(Emitter& e, const Strip& strip, const std::vector<std::string>& names,
                             const std::string& name, int64_t pictures, bool parallel) {
  auto& c = e.c;
  const auto& stages = strip.stages;
  const auto last = stages.size() - 1;
  const auto turns = ceil_div(stages[last].rows, stages[last].kept);
  write_step(c, name, [&] {
    c.line("long picture = -1;");
    for (size_t i = 0; i < last; ++i) c.line("long done{} = 0;", i);
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long from{} = u % {} * {};", last, turns, stages[last].kept);
      c.line("const long to{} = {};", last,
             bounded_text(fmt::format("from{} + {}", last, stages[last].kept), stages[last].rows));
      for (size_t i = last; i-- > 0;) {
        const auto& window = stages[i + 1].window;
        c.line("const long end{} = (to{} - 1) * {} + {};", i, i + 1, window.stride,
               window.reach - window.top);
        c.line("const long to{} = {};", i, bounded_text(fmt::format("end{}", i), stages[i].rows));
      }
      c.block(fmt::format("if (u / {} != picture)", turns), [&] {
        c.line("picture = u / {};", turns);
        for (size_t i = last; i-- > 0;) {
          const auto& window = stages[i + 1].window;
          c.line("const long start{} = {}{} * {} - {};", i, i + 1 == last ? "from" : "done", i + 1,
                 window.stride, window.top);
          c.line("done{0} = start{0} < 0 ? 0 : start{0};", i);
        }
      });
      for (size_t i = 0; i < last; ++i) {
        c.block(fmt::format("if (done{0} < to{0})", i), [&] {
          c.line("{}(f, rings, picture, done{}, to{});", names[i], i, i);
          c.line("done{0} = to{0};", i);
        });
      }
      c.line("{}(f, rings, picture, from{}, to{});", names[last], last, last);
    });
  });
  return {{name, pictures * turns, parallel}};
}

}  // namespace turnstone
