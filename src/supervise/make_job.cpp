// The one place that knows which kinds of links there are.
#include "supervise/job.hpp"
#include "supervise/layout_job.hpp"
#include "supervise/loco_job.hpp"
#include "supervise/modbus_job.hpp"
#include "supervise/plc_job.hpp"
#include "supervise/sensor_job.hpp"

namespace standstill::supervise {

struct JobMaker::Shared {
  ModbusLines modbus;
};

JobMaker::JobMaker(os::Loop& loop, link::TagTable& tags, std::filesystem::path state_dir)
    : loop_(loop), tags_(tags), state_dir_(std::move(state_dir)), shared_(std::make_unique<Shared>()) {}

JobMaker::~JobMaker() = default;

std::unique_ptr<Job> JobMaker::make(const config::Link& config, std::uint32_t jitter_seed,
                                    Job::Listener listener) {
  if (std::holds_alternative<config::RocrailLink>(config.peer))
    return std::make_unique<LayoutJob>(loop_, config, tags_, jitter_seed, std::move(listener));
  if (std::holds_alternative<config::ModbusLink>(config.peer))
    return std::make_unique<ModbusJob>(loop_, config, tags_, jitter_seed, std::move(listener),
                                       shared_->modbus, state_dir_);
  if (std::holds_alternative<config::HwmonLink>(config.peer))
    return std::make_unique<SensorJob>(loop_, config, tags_, jitter_seed, std::move(listener));
  if (std::holds_alternative<config::LocoLink>(config.peer))
    return std::make_unique<LocoJob>(loop_, config, tags_, jitter_seed, std::move(listener));
  if (std::holds_alternative<config::S7Link>(config.peer))
    return std::make_unique<PlcJob>(loop_, config, tags_, jitter_seed, std::move(listener));
  return nullptr;
}

}  // namespace standstill::supervise
