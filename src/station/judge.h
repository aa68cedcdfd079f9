// One model at work: frames in from any number of sources, scenes out, on a thread of its own.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "station/config.h"
#include "station/engine.h"
#include "station/frame_queue.h"
#include "station/latency.h"
#include "station/meter.h"
#include "station/tracking.h"
#include "station/triggers.h"

namespace turnstone {

// What a model has done so far.
struct JudgeCounters {
  std::atomic<int64_t> judged{0};
  std::atomic<int64_t> dropped{0};   // a newer frame came first
  std::atomic<int64_t> skipped{0};   // passed over by triggers
  std::atomic<int64_t> left_out{0};  // things of another model beyond the most of a picture
  std::atomic<int64_t> failed{0};    // could not be judged
  std::atomic<int64_t> compared{0};  // judged by the challenger too
  std::atomic<int64_t> disputed{0};  // of those, judged otherwise
  std::atomic<int64_t> swaps{0};     // of the model in service
};

// The model that a judge works with at a moment.
struct Service {
  std::shared_ptr<const Model> model;  // under the name of the configuration
  std::string name;                    // as its maker called it
  std::string variant;                 // of its code
  int batch = 1;
  std::chrono::system_clock::time_point since;
  std::string trouble;  // why a newer one is not in service, "" when none waits
};

// What a judge works with from the start.
struct JudgeParts {
  Engine engine;
  std::optional<Engine> challenger;
  Tracking tracking;
  Triggers triggers;
};

// Opens all that `config` names. `inbox` is the station's, before it starts, or null. Errors: those
// of the packages, of tracking and of triggers.
Result<JudgeParts> open_judge_parts(const ModelConfig& config, Inbox* inbox);

// Runs one model on the frames that it is offered, on a thread of its own.
class Judge {
 public:
  // The answer for one accepted frame, in the order in which frames were accepted; on the judge's
  // thread. A frame that was dropped gets the error `cancelled`, on the thread that pushed it out.
  using Answered = std::function<void(const Frame&, Result<Scene>)>;

  Judge(const ModelConfig& config, JudgeParts parts, Answered answered);
  ~Judge();
  Judge(const Judge&) = delete;
  Judge& operator=(const Judge&) = delete;

  // False: this frame is not judged. Blocks with Overflow::wait. Any thread, one thread a source.
  bool offer(Frame frame, Overflow overflow, std::stop_token stop);

  // Offers what another model, `finder`, found in `frame`: a piece for each thing that is wanted.
  // Waits for room. Owes for each to the receipt. One thread.
  void offer_things(Frame frame, const Scene& scene, const Model& finder);

  // As offer without regard to triggers.
  bool insist(const Frame& frame, std::stop_token stop);

  // Frames that wait for a full batch are judged now.
  void flush() { queue_.flush(); }

  // Answers what was accepted and ends the thread.
  void finish();

  // Takes `engine` into service between two runs, if it judges the last frames without an error;
  // else the old one stays. Any thread. Errors: those of the trial.
  Result<> replace(Engine engine);

  // The result of a frame that was taken then is where it is not lost. Any thread.
  void note_result(std::chrono::steady_clock::time_point taken);

  // Remembers why a newer model is not in service. Any thread.
  void set_trouble(std::string why);

  const std::string& name() const { return config_.name; }
  const ModelConfig& config() const { return config_; }
  // Any thread; the model outlives the judge and is shared by all outcomes.
  Service service() const;
  const JudgeCounters& counters() const { return counters_; }
  std::vector<Triggers::Count> trigger_counts() const { return triggers_.counts(); }
  // What asked for a frame and got none.
  int64_t unserved() const { return triggers_.unserved(); }
  // Pictures a second.
  double rate() { return meter_.rate(std::chrono::steady_clock::now()); }
  // Of the model's code in the last run, a whole batch.
  std::chrono::nanoseconds run_time() const { return std::chrono::nanoseconds(run_time_); }
  // Of the frames that could be judged, and of runs.
  const Latency& latency() const { return latency_; }

 private:
  void work();
  void run(std::span<const Frame> frames);
  void remember(std::span<const Frame> frames, const Result<std::vector<Result<Scene>>>& scenes);
  void compare(std::span<const Frame> frames, std::vector<Result<Scene>>& scenes);
  void answer(std::span<const Frame> frames, Result<std::vector<Result<Scene>>> scenes);
  void note_run(std::span<const Frame> frames, std::chrono::steady_clock::time_point started);

  // What triggers said of a picture, which may come once for each of its things.
  struct Passed {
    int64_t sequence = -1;
    bool passes = false;
    std::string message;
  };
  bool passes(Frame& frame);

  ModelConfig config_;
  std::mutex engine_mutex_;  // held during a run
  Engine engine_;
  std::optional<Engine> challenger_;
  Tracking tracking_;
  Triggers triggers_;
  std::map<std::string, Passed> passed_;  // by source, of offer_things alone
  std::vector<Frame> last_;               // frames of the last run that could be judged
  mutable std::mutex service_mutex_;
  Service service_;
  Answered answered_;
  FrameQueue queue_;
  JudgeCounters counters_;
  Meter meter_;
  Latency latency_;
  std::atomic<int64_t> run_time_{0};
  std::thread thread_;
};

}  // namespace turnstone
