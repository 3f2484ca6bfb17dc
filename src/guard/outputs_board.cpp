// The guard's outputs that are external guards.
#include <algorithm>

#include "guard/outputs.hpp"

namespace standstill::guard {

// Opening may block, so never while it should run: what was unplugged then has tripped anyway.
void Outputs::acquire_board(std::size_t index, Instant now) {
  Item& item = items_[index];
  if (!item.board) item.board.emplace(plan_.outputs[index]);
  if (*item.board || item.run) return;
  if (!item.board->open(now)) return;
  begin(item, false, now);
  item.commanded = item.board->cut(now);
  item.commanded_at = now;
}

void Outputs::vouch(const output::Vouched& vouched) {
  for (Item& item : items_)
    if (item.board) item.board->vouch(vouched);
}

void Outputs::cut_board(std::size_t index, Instant now) {
  Item& item = items_[index];
  if (item.run || !item.commanded) begin(item, false, now);
  item.commanded = item.board && item.board->cut(now);
  item.commanded_at = now;
}

void Outputs::update_board(std::size_t index, Instant now) {
  Item& item = items_[index];
  if (!item.board) return;
  // Somebody has cut, and the guard learns in this turn why: no `run` is said any more.
  if (item.run && !pages::wants_run(inner_, index, cuts_.words[index].load())) item.board->cut(now);
  item.board->update(now, released_);
  if (!item.run && !item.commanded && item.board->said_at() >= item.since) {
    item.commanded = true;
    item.commanded_at = item.board->said_at();
  }
  if (!item.run && !item.commanded && item.since != Instant{}) {
    // Nothing can be told to it: it opens by itself, and nobody sees it.
    const Instant due = item.since + confirmed_within(plan_.outputs[index]);
    if (now >= due) return fail(index, "the external guard cannot be told, and shows nothing", now);
    deadline_ = std::min(deadline_, due);
  }
  const CauseDetail why = item.board->trouble(now);
  if (!why.empty())
    item.run ? fail(index, why, now) : stand(index, Standing::present, why);
  else if (!item.failed && item.board->answers(now))
    stand(index, Standing::clear, {});
}

}  // namespace standstill::guard
