#include "station/simulated_table.h"
#include "station/stepper.h"

namespace turnstone {
namespace {

class SimulatedStepper final : public Stepper {
 public:
  explicit SimulatedStepper(std::shared_ptr<SimulatedTable> table) : table_(std::move(table)) {}

  Result<> move_by(int64_t ticks) override { return table_->move_by(ticks); }
  Result<bool> is_moving() override { return table_->is_moving(); }
  Result<int64_t> position() override { return table_->position(); }
  Result<> halt() override {
    table_->halt();
    return {};
  }

 private:
  std::shared_ptr<SimulatedTable> table_;
};

}  // namespace

std::unique_ptr<Stepper> make_simulated_stepper(std::shared_ptr<SimulatedTable> table) {
  return std::make_unique<SimulatedStepper>(std::move(table));
}

Result<std::unique_ptr<Stepper>> open_simulated_stepper(const TurntableConfig& table, Clock clock) {
  return make_simulated_stepper(TRY(SimulatedTable::make(table, std::move(clock))));
}

}  // namespace turnstone
