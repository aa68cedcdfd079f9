// The parts of a station as numbers for Prometheus.
#include "station/station_parts.h"

namespace turnstone {

void add_metrics(Metrics& metrics, SourceLane& lane) {
  const Metrics::Labels of = {{"source", lane.config.name}};
  const bool up = lane.state == SourceLane::State::running && !lane.troubled;
  metrics.gauge("turnstone_source_up", "1 while frames are expected and nothing is wrong", of,
                up ? 1 : 0);
  metrics.counter("turnstone_source_frames_total", "Frames delivered", of, lane.counters.frames);
  metrics.counter("turnstone_source_skipped_total", "Broken pictures passed over", of,
                  lane.counters.skipped);
  metrics.counter("turnstone_source_restarts_total", "Starts after a failure", of,
                  lane.counters.restarts);
}

void add_metrics(Metrics& metrics, const Judge& judge) {
  const Metrics::Labels of = {{"model", judge.name()}};
  const auto& counters = judge.counters();
  metrics.counter("turnstone_model_judged_total", "Frames judged", of, counters.judged);
  metrics.counter("turnstone_model_dropped_total", "Frames given up for newer ones", of,
                  counters.dropped);
  metrics.counter("turnstone_model_skipped_total", "Frames that no trigger asked for", of,
                  counters.skipped);
  metrics.counter("turnstone_model_unserved_total", "Messages that asked for a frame and got none",
                  of, judge.unserved());
  metrics.counter("turnstone_model_left_out_total",
                  "Things of another model beyond the most of a picture", of, counters.left_out);
  metrics.counter("turnstone_model_failed_total", "Frames that could not be judged", of,
                  counters.failed);
  metrics.counter("turnstone_model_compared_total", "Frames that the challenger judged too", of,
                  counters.compared);
  metrics.counter("turnstone_model_disputed_total", "Frames that it judged otherwise", of,
                  counters.disputed);
  metrics.counter("turnstone_model_swaps_total", "New packages taken into service", of,
                  counters.swaps);
  for (const auto stage : all_stages)
    metrics.histogram("turnstone_stage_seconds",
                      "Time of each stage; total is from capture until the result is kept",
                      {{"model", judge.name()}, {"stage", print(stage)}},
                      judge.latency().look(stage));
}

void add_metrics(Metrics& metrics, const SinkLane& lane) {
  const Metrics::Labels of = {{"sink", lane.config.name}};
  const auto counters = lane.outbox->counters();
  metrics.counter("turnstone_sink_delivered_total", "Messages that have arrived", of,
                  counters.delivered);
  metrics.counter("turnstone_sink_dropped_total", "Messages given up before they had arrived", of,
                  counters.dropped);
  metrics.counter("turnstone_sink_failed_total", "Messages refused for good", of, counters.failed);
  metrics.counter("turnstone_sink_retries_total", "Attempts after a failure", of, counters.retries);
  metrics.gauge("turnstone_sink_waiting", "Messages in the spool", of,
                static_cast<double>(counters.waiting));
  metrics.gauge("turnstone_sink_waiting_bytes", "Their size", of,
                static_cast<double>(counters.waiting_bytes));
  metrics.gauge("turnstone_sink_oldest_seconds", "How long the first of them waits", of,
                std::chrono::duration<double>(counters.oldest).count());
}

void add_metrics(Metrics& metrics, const ViewerLane& lane) {
  const Metrics::Labels of = {{"sink", lane.config().name}};
  const auto counters = lane.counters();
  metrics.counter("turnstone_viewer_shown_total", "Pictures shown or recorded", of, counters.shown);
  metrics.counter("turnstone_viewer_dropped_total", "Pictures that came too fast for it", of,
                  counters.dropped);
  metrics.counter("turnstone_viewer_failed_total", "Pictures that it could not show", of,
                  counters.failed);
}

void add_metrics(Metrics& metrics, const Inbox& inbox) {
  const auto state = inbox.state();
  metrics.gauge("turnstone_mqtt_up", "1 while the station is connected to the broker of [mqtt]", {},
                state.connected ? 1 : 0);
  metrics.counter("turnstone_mqtt_received_total", "Messages taken", {}, state.received);
  metrics.counter("turnstone_mqtt_refused_total", "Messages that were too long", {}, state.refused);
  metrics.counter("turnstone_mqtt_actions_sent_total", "Actions that the broker has confirmed", {},
                  state.sent);
  metrics.counter("turnstone_mqtt_actions_lost_total", "Actions that it has not", {}, state.lost);
  metrics.counter("turnstone_mqtt_reconnects_total", "Connections after the first", {},
                  state.reconnects);
}

void add_metrics(Metrics& metrics, const Machine& machine) {
  const auto look = machine.look();
  metrics.counter("turnstone_cycle_parts_total", "Parts with a verdict", {}, look.parts);
  metrics.counter("turnstone_cycle_reinspected_total", "Of them, judged more than once", {},
                  look.reinspected);
  metrics.counter("turnstone_cycle_sorted_total", "Parts that the sorter acknowledged", {},
                  look.counters.sorted);
  metrics.counter("turnstone_cycle_unsorted_total",
                  "Parts that it refused or did not acknowledge in time", {},
                  look.counters.unsorted);
  metrics.gauge("turnstone_cycle_fault", "1 while the cycle stands for a fault", {},
                look.fault.empty() ? 0 : 1);
  for (const auto& section : look.sections)
    for (const auto& [label, count] : section.labels)
      metrics.counter("turnstone_section_parts_total", "Parts of a section of the table by verdict",
                      {{"section", std::to_string(section.section)}, {"label", label}}, count);
}

void add_metrics(Metrics& metrics, const Recent& recent) {
  for (const auto& [said, count] : recent.tally())
    metrics.counter(
        said.part ? "turnstone_verdicts_total" : "turnstone_results_total",
        said.part ? "Parts by verdict" : "Pictures by class, or things in them by label",
        {{"model", said.model}, {"label", said.label}}, count);
}

void add_metrics(Metrics& metrics, const Faults& faults) {
  for (const auto kind : all_fault_kinds)
    metrics.counter("turnstone_faults_total", "What went wrong", {{"kind", print(kind)}},
                    faults.count(kind));
}

}  // namespace turnstone
