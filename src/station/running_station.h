// A station with all its parts: what opens them, and what happens between them. station_opening.cpp
// has what opens, station.cpp what runs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "station/faults.h"
#include "station/inbox.h"
#include "station/keeper.h"
#include "station/machine.h"
#include "station/page.h"
#include "station/reloader.h"
#include "station/spool.h"
#include "station/station.h"
#include "station/station_parts.h"

namespace turnstone {

// Several errors as one, a line each.
Error all_of(const std::vector<Error>& errors);

// Opens in the order of what needs what, and runs.
class RunningStation final : public Station {
 public:
  RunningStation() = default;
  ~RunningStation() override { shut(); }

  // To be called once, before all else. Errors: all that is wrong, one a line.
  Result<> open(const StationConfig& config);
  Result<> run(std::stop_token stop, bool once) override;
  void reload() override;
  Json state() override;
  Json history() const;
  std::string metrics() const;
  std::string url() const override { return page_ ? page_->url() : ""; }

 private:
  void open_spool(const StationConfig& config);
  void open_sinks(const StationConfig& config);
  void open_sink(const SinkConfig& section);
  void open_viewer(const SinkConfig& section, std::chrono::milliseconds hold);
  void check_parcels(const ViewerLane& lane);
  Result<> keep(std::vector<Parcel> parcels);
  void note_on_way(const std::vector<Parcel>& parcels);
  std::vector<Result<>> keep_all(std::vector<std::vector<Parcel>> groups);
  void on_happening(const std::string& name, const Happening& happening);
  void tell(const Happening& happening);
  void watch(SourceLane& lane);
  void tell_strays() const;
  void open_inbox(const MqttConnection& config);
  void open_models(const StationConfig& config);
  void open_sources(const StationConfig& config);
  void open_machine(const CycleConfig& config);
  void open_page(const StationConfig& config);
  void open_followers();
  void open_reloader();
  Result<> check_place(const std::string& name, const Model& model) const;
  Result<> check_successor(const Judge& judge, const Model& model) const;
  // Of the section `where`, as StationConfig::places calls it, and within it.
  void note(const std::string& where, const Error& error);

  void run_source(SourceLane& lane, std::stop_token stop);
  void note_fault(FaultKind kind, const std::string& source, const Error& error);
  void on_frame(SourceLane& lane, const Frame& frame, const std::stop_token& stop);
  bool on_cycle_frame(Judge& judge, const Frame& frame, const std::stop_token& stop);
  void on_answer(Judge& judge, const Frame& frame, Result<Scene> scene);
  void tell_viewers(const SourceLane& lane, const Judge& judge, const Frame& frame,
                    const Outcome* outcome);
  Result<Kept> on_verdict(const Verdict& verdict, const Frame& frame);
  std::vector<Parcel> publish(Outcome& outcome);

  bool passes_over(const Judge& judge) const;
  std::span<Judge* const> followers_of(const Judge& judge) const;
  bool in_cycle(const std::string& source, const std::string& model) const {
    return machine_ && machine_->config().source == source && machine_->config().model == model;
  }
  void tell_endless() const;
  bool all_ended() const;
  bool all_failed() const;
  SourceLane* find_lane(const std::string& name);
  Judge* find_judge(const std::string& name);
  void finish(Judge& judge);
  void shut();
  void summarise();
  std::vector<Error> losses() const;

  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::map<std::string, std::string> places_;  // of sections, as StationConfig has them
  std::vector<Error> problems_;                // of opening
  Faults faults_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Keeper> keeper_;
  std::vector<std::unique_ptr<SinkLane>> sinks_;
  std::vector<std::unique_ptr<ViewerLane>> viewers_;
  std::vector<std::unique_ptr<SourceLane>> sources_;
  Recent recent_;
  std::unique_ptr<Inbox> inbox_;  // nullptr without [mqtt]
  std::unique_ptr<Machine> machine_;
  std::vector<std::unique_ptr<Judge>> judges_;
  std::map<const Judge*, std::vector<Judge*>> followers_;  // that judge what one finds
  std::unique_ptr<Reloader> reloader_;
  std::unique_ptr<Page> page_;
  std::mutex page_mutex_;  // of `page_` while it is read anew and when it goes
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::atomic<bool> tells_{false};  // while sinks take what happens
  bool shut_ = false;
  Result<> halted_;  // the machine, when the station was shut
};

}  // namespace turnstone
