// libstandstill: notices when a Rocrail server is gone, and keeps what it last said. See docs/library.md.
#pragma once

#include "standstill/events.hpp"
#include "standstill/layout.hpp"
#include "standstill/model.hpp"
