// Where pictures flow: the contract of every viewer, which is a sink of pictures and not of
// messages.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "station/happening.h"
#include "station/message.h"
#include "station/outcome.h"
#include "station/showing.h"

namespace turnstone {

// Knows one way to show pictures, and nothing about waiting or dropping.
class Viewer {
 public:
  virtual ~Viewer() = default;

  // Whether a picture of that source would be used now; else none is kept for it. Returns at once.
  // Any thread.
  virtual bool is_looking(const std::string& source) const {
    (void)source;
    return true;
  }

  // Whether a picture waits for its scene, to be shown together. Any thread.
  virtual bool wants_scenes() const { return true; }

  // Shows the next picture of its source, on the viewer's own thread; may take its time, and
  // returns soon when a stop is requested. Errors: it is tried again with a later picture.
  virtual Result<> show(const Shown& shown, std::stop_token stop) = 0;

  // Something was found, maybe in a picture that is yet to be shown. Returns at once. Any thread.
  virtual void notice(const Outcome& outcome) { (void)outcome; }

  // No more pictures come: completes what is open. On the viewer's own thread.
  virtual Result<> finish() { return {}; }

  // What other sinks are to send since the last call. On the viewer's own thread.
  virtual std::vector<Parcel> take_parcels() { return {}; }

  // What happened since the last call. On the viewer's own thread.
  virtual std::vector<Happening> take_happenings() { return {}; }

  // The sink that sends the parcels; "" where there are none. Any thread.
  virtual std::string sends_through() const { return ""; }

  // What does the work, such as an encoder; "" where nothing was chosen. Thread-safe.
  virtual std::string means() const { return ""; }
};

}  // namespace turnstone
