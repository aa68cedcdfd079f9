// Attention: a function that has the groups of it make some rows after the other.
#include "codegen/emitter.h"

namespace turnstone {

Step emit_attention(Emitter& e, const Attention& a, const std::string& scores,
                    const std::string& softmax, const std::string& result,
                    const std::string& name) {
  auto& c = e.c;
  const auto turns = ceil_div(a.rows, a.rows_at_once);
  write_step(c, name, [&] {
    c.block("for (long u = from; u < to; ++u)", [&] {
      c.line("const long picture = u / {0}, first = u % {0} * {1};", turns, a.rows_at_once);
      c.line("const long last = first + {0} < {1} ? first + {0} : {1};", a.rows_at_once, a.rows);
      c.line("const long row = picture * {};", a.rows);
      // Where the scores of all rows would begin if these stood among them.
      c.line("char *all = (char *)((unsigned long)rings - (unsigned long)(row + first) * {});",
             a.row_bytes);
      const auto write_product = [&](const std::string& rows) {
        c.line("{0}(f, all, picture, first / {1}, (last + {2}) / {1});", rows, a.rows_of_tile,
               a.rows_of_tile - 1);
      };
      write_product(scores);
      c.line("{}(f, all, row + first, row + last);", softmax);
      write_product(result);
    });
  });
  return {name, a.batches * turns, true};
}

}  // namespace turnstone
