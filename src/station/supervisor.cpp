#include "station/supervisor.h"

#include "station/wait.h"

namespace turnstone {
namespace {

bool may_pass(Code code) { return code == Code::unavailable || code == Code::missing; }

}  // namespace

Result<SourceEnd> supervise(Source& source, Backoff backoff, std::stop_token stop,
                            const FrameSink& deliver, const ErrorSink& report,
                            SourceCounters& counters) {
  Pause pause(backoff);
  const FrameSink counted = [&](Frame frame) {
    pause.reset();
    ++counters.frames;
    deliver(std::move(frame));
  };
  const ErrorSink skipped = [&](const Error& error) {
    ++counters.skipped;
    report(error);
  };
  while (!stop.stop_requested()) {
    auto end = source.run(stop, counted, skipped);
    if (end) return end;
    if (end.error().code == Code::cancelled) break;
    report(end.error());
    if (!may_pass(end.error().code)) return end;
    if (!wait_for(pause.take(), stop)) break;
    ++counters.restarts;
  }
  return SourceEnd::stopped;
}

}  // namespace turnstone
