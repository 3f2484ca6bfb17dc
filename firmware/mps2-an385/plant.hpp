// The simulated plant at the other end of the mailbox. Whose time it is, another file says: stepped.cpp or
// live.cpp.
#pragma once

#include "firmware/board.hpp"
#include "firmware/mps2-an385/plant_frame.hpp"

namespace standstill::board {

// Takes one frame, if there is one. False: there was none.
bool listen();
[[nodiscard]] const PlantFrame& newest();
[[nodiscard]] Instant sent_at();  // of the newest, by the plant's clock; Instant{}: none yet
void start_plant();

// --- of the file that knows the time
// ------------------------------------------------------------------------------------------

[[nodiscard]] Instant arrival();  // of the frame that is being taken, by the board's clock
// What the plant's clock says, by the board's.
[[nodiscard]] Instant on_board(Instant of_plant);
// What reached the board by another way than the plant's frames.
void inject(std::array<loco::Reading, loco::sensor_count>& readings);
// Where the time is the plant's there is nothing to stand still in.
void stand_still(Duration time);
// Until the next interrupt or for a while: nothing is there to do.
void rest();

}  // namespace standstill::board
