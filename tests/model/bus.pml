/* The emergency-stop bus: one or two controllers, a station, the server between them, and whoever sends a stop.
   src/plant/station is what is modelled; beside each step stands the function it stands for. A second station
   would share nothing with the first but the controllers, so one is enough.

   What was sent may arrive at any later time, twice, never, and in any order: a stop stays on its way for ever, and
   so do KEPT words of operators. Connections go and come, every party crashes and begins again, the server fails over
   to an older latch or to none.

   Checked: see `energised` and `after_every_step`. What bounds the search is in docs/model.md. Each -D of the group
   BREAK_… is a fault on purpose that the properties must find. */

#ifndef EPOCHS
#define EPOCHS 3 /* of the bus: no trip of a controller begins beyond this number */
#endif
#ifndef STOPS
#define STOPS 1
#endif
#ifndef CONTROLLERS
#define CONTROLLERS 1
#endif
#ifndef KEPT
#define KEPT 1
#endif

#define TRIPPED 0
#define READY 1
#define RUNNING 2

#define NOBODY 9
#define NONE 9 /* no stop */

#ifdef TRACE
#define ROW(x) skip
#else
c_decl { int row_met[400]; }
#ifdef TRAILS
#define ROW(x) c_code { if (!readtrail && !row_met[__COUNTER__]++) uerror("reached " #x); }
#else
#define ROW(x) c_code { if (readtrail) printf("- " #x "\n"); else if (!row_met[__COUNTER__]++) printf("reached " #x "\n"); }
#endif
#endif

/* ---- the controllers */
typedef Controller {
  byte epoch, state; /* of its guard's latch */
  bit hears;         /* the source `bus` is clear */
  bit settled;       /* the bus retains what it says */
  byte ids;          /* the stops it has heard */
  /* The station's last confirmation: which start, trip and stops of it, as long as they are still so. */
  bit any, is_start, is_trip, is_stops;
  byte shows_stops;             /* the stops that this confirmation came after */
  bit owes_reset, owes_start; /* an operator's words that the station has not shown yet */
  byte covers;                  /* what an operator who reset here could know of */
}
Controller c[CONTROLLERS];

/* ---- the server: the retained latch, and an older one that a fail-over may bring back; epoch 0: none */
typedef Latch {
  byte epoch, by, stop;
  bit free
}
Latch kept, older;

/* ---- the station */
byte state;         /* of its guard's latch; its epoch is not kept, only who still means it */
bit learned;        /* learned_ */
bit hears, stopped; /* RemoteWatch */
byte need, released;
byte known;         /* epoch_, also on disk */
byte ids;
byte pending_reset, pending_start; /* pending_: the epoch of a word under way; 0: none */
byte pending_by, pending_covers;   /* of that start */
#define CLEAR (hears && !stopped)

/* ---- what was sent: stops for ever, and as many words as somebody may keep back, the older one first */
byte sent;
typedef Word {
  bit any, start;
  byte epoch, by, covers;
  bit is_start, is_trip, is_stops; /* it means this start of the station, this trip, these stops */
  bit taken                        /* its counter, or a later one, was taken */
}
Word word[KEPT + 1]; /* the last one is being delivered */
#define NOW KEPT

/* ---- what the rules say, kept without looking at how the parties keep it */
byte covers_here;                          /* what the operator at the station could know of at the reset */
byte reached;                              /* stops that came to the station, in any start of it */
byte heard[CONTROLLERS];                   /* stops that came to a controller, in any start of it: its epoch is theirs */
byte reached_now;                          /* in this one */
byte free_seen;                            /* the largest epoch that this start saw free */
byte beyond[STOPS];                        /* what that was when the stop came */
byte ran_in;                               /* the epoch the station knew when it was energised */
bit last_free;                             /* what was told last, by a latch or by a word */
bit let_go[CONTROLLERS * (EPOCHS + 2)];    /* an operator has reset this epoch */
bit used[CONTROLLERS * (EPOCHS + 2)];      /* the operator's word start of this epoch has energised the station */
#define OF(who, e) ((who) * (EPOCHS + 2) + (e))

byte i, k, e, which_word;

/* ================ the station */

inline words_mean_another_trip() {
  c[0].is_trip = 0;
#if CONTROLLERS > 1
  c[1].is_trip = 0;
#endif
  for (i : 0 .. KEPT) { word[i].is_trip = 0 }
  i = 0
}

inline words_mean_other_stops() {
  c[0].is_stops = 0;
#if CONTROLLERS > 1
  c[1].is_stops = 0;
#endif
  for (i : 0 .. KEPT) { word[i].is_stops = 0 }
  i = 0
}

/* Station::advance: what tripped or was stopped again meanwhile is over */
inline nothing_is_pending() {
  pending_reset = 0; pending_start = 0; pending_by = 0; pending_covers = 0
}

/* The guard's latch. A word under way is for the trip that it named. */
inline station_trips() {
  if
  :: state != TRIPPED ->
     state = TRIPPED;
#ifdef BREAK_STATION_TRIPS_ARE_NOT_COUNTED
     skip
#else
     words_mean_another_trip();
     nothing_is_pending()
#endif
  :: else
  fi
}

/* RemoteWatch::stop, by a latch of this epoch, or 0; then the guard is told */
inline watch_stops(by_epoch) {
#ifndef BREAK_FORGETS_WHICH_RELEASE
  if
  :: need < released + 1 -> need = released + 1
  :: else
  fi;
  if
  :: need < by_epoch -> need = by_epoch
  :: else
  fi;
#endif
  stopped = 1;
  station_trips()
}

/* RemoteWatch::release */
inline watch_releases(by_epoch) {
  if
  :: by_epoch >= need ->
     ROW(watch_releases);
     stopped = 0; last_free = (by_epoch >= known); need = 0;
     if
     :: by_epoch > released -> released = by_epoch
     :: else
     fi;
#ifdef OPERATOR_AT_STATION
     if
     :: by_epoch > free_seen -> free_seen = by_epoch
     :: else
     fi
#endif
  :: else -> ROW(watch_keeps)
  fi
}

/* Station::know: words of an older epoch are over, too */
inline station_knows(this) {
  if
  :: this > known ->
     known = this;
#ifndef BREAK_OLD_WORDS_GO_ON
     if
     :: pending_reset != 0 && pending_reset < this -> ROW(know_ends_a_reset); pending_reset = 0
     :: else
     fi;
     if
     :: pending_start != 0 && pending_start < this ->
        ROW(know_ends_a_start);
        pending_start = 0; pending_by = 0; pending_covers = 0
     :: else
     fi
#endif
  :: else
  fi
}

/* The station's outputs are energised. */
inline energised(by_word) {
  state = RUNNING;
  /* S10, S11: somebody could know of every stop that ever came here, and has released since. */
  if
  :: by_word ->
     assert((reached & ~(pending_covers | covers_here)) == 0);
     /* A stale word does nothing: it is of no older epoch than any that this station has seen, */
     assert(pending_start >= known);
     /* it was said by an operator who had reset that epoch, and it was not used before. */
     assert(let_go[OF(pending_by, pending_start)]);
     assert(!used[OF(pending_by, pending_start)]);
     used[OF(pending_by, pending_start)] = 1
  :: else ->
     for (k : 0 .. STOPS - 1) {
       if
       :: reached_now & (1 << k) ->
          /* an epoch that was not known to be over when the stop came */
          e = beyond[k] + 1;
          do
          :: e <= EPOCHS && let_go[OF(0, e)] == 0 && (CONTROLLERS == 1 || let_go[OF(CONTROLLERS - 1, e)] == 0) -> e++
          :: else -> break
          od;
          assert(e <= EPOCHS)
       :: else
       fi
     }
     k = 0; e = 0
  fi;
  /* S11: nobody is energised beside a latch that was read and says stop. */
  assert(learned && last_free);
  ran_in = known
}

inline came_here(which) {
#ifdef OPERATOR_AT_STATION
  if
  :: !(reached_now & (1 << which)) -> beyond[which] = free_seen
  :: else
  fi;
  reached_now = reached_now | (1 << which);
#endif
  reached = reached | (1 << which)
}

/* Station::stop */
inline station_stop(which) {
  if
#ifdef BREAK_A_NEW_STOP_IS_A_COPY
  :: (ids & (1 << which)) || stopped -> ROW(station_stop_copy);
#else
  :: ids & (1 << which) -> ROW(station_stop_copy);
#endif
     if
     :: !(ids & (1 << which)) -> came_here(which)
     :: else
     fi
  :: else ->
     ROW(station_stop);
     came_here(which);
     ids = ids | (1 << which);
#ifndef BREAK_RELEASES_STOPS_UNSEEN
     words_mean_other_stops();
     nothing_is_pending();
#endif
     watch_stops(0)
  fi
}

/* Station::latch */
inline station_latch() {
  if
#ifdef BREAK_MISSING_IS_FREE
  :: kept.epoch == 0 -> last_free = 0; learned = 1; hears = 1; stopped = 0
#else
  :: kept.epoch == 0 -> ROW(latch_missing); last_free = 0; learned = 1; hears = 1; watch_stops(0)
#endif
#ifndef BREAK_OLD_LATCH_COUNTS
  :: kept.epoch != 0 && kept.epoch < known ->
     ROW(latch_old); last_free = 0; learned = 1; hears = 1; watch_stops(0)
  :: kept.epoch >= known && kept.epoch != 0 && !kept.free ->
#else
  :: kept.epoch != 0 && !kept.free ->
#endif
     ROW(latch_tripped);
     if
     :: kept.stop != NONE -> came_here(kept.stop); ids = ids | (1 << kept.stop)
     :: else
     fi;
     station_knows(kept.epoch);
     last_free = 0; learned = 1; hears = 1;
     watch_stops(kept.epoch)
#ifndef BREAK_OLD_LATCH_COUNTS
  :: kept.epoch >= known && kept.epoch != 0 && kept.free ->
#else
  :: kept.epoch != 0 && kept.free ->
#endif
     if
     :: kept.epoch > known && known != 0 && state == RUNNING ->
        ROW(latch_missed);
#ifndef BREAK_WHAT_WAS_MISSED_IS_OVER
        watch_stops(kept.epoch)
#endif
     :: else -> ROW(latch_free)
     fi;
     station_knows(kept.epoch);
     learned = 1; hears = 1;
     watch_releases(kept.epoch)
  fi
}

/* What a station asks of a word: Station::why_not */
#ifdef BREAK_ANOTHER_START
#define RIGHT_START (true)
#else
#define RIGHT_START (word[i].is_start)
#endif
#define RIGHT_COUNTER (!word[i].taken)
#ifdef BREAK_OLD_EPOCH
#define RIGHT_EPOCH (true)
#else
#define RIGHT_EPOCH (word[i].epoch >= known)
#endif
#ifdef BREAK_ANOTHER_TRIP
#define RIGHT_TRIP (true)
#else
#define RIGHT_TRIP (word[i].is_trip)
#endif
#ifdef BREAK_OTHER_STOPS
#define RIGHT_STOPS (true)
#else
#define RIGHT_STOPS (word[i].is_stops)
#endif
#define RIGHT_TIME (learned)

/* Station::release of word[i] */
inline station_release() {
  if
  :: !RIGHT_TIME -> ROW(release_not_learned)
  :: RIGHT_TIME && !RIGHT_START -> ROW(release_another_start)
  :: RIGHT_TIME && RIGHT_START && !RIGHT_COUNTER -> ROW(release_taken_before)
  :: RIGHT_TIME && RIGHT_START && RIGHT_COUNTER && !RIGHT_EPOCH -> ROW(release_old_epoch)
  :: RIGHT_TIME && RIGHT_START && RIGHT_COUNTER && RIGHT_EPOCH && !RIGHT_TRIP -> ROW(release_another_trip)
  :: RIGHT_TIME && RIGHT_START && RIGHT_COUNTER && RIGHT_EPOCH && RIGHT_TRIP && !RIGHT_STOPS -> ROW(release_other_stops)
  :: RIGHT_TIME && RIGHT_START && RIGHT_COUNTER && RIGHT_EPOCH && RIGHT_TRIP && RIGHT_STOPS ->
     for (k : 0 .. i) { word[k].taken = 1 };
     k = 0;
     if
     :: word[i].epoch > known && known != 0 && state == RUNNING ->
        ROW(release_missed);
#ifndef BREAK_A_WORD_TELLS_OF_NO_STOP
        which_word = i;
        e = word[i].epoch;
        watch_stops(e);
        i = which_word; which_word = 0
#endif
     :: else
     fi;
     station_knows(word[i].epoch);
     if
     :: e != 0 -> e = 0
     :: e == 0 && word[i].start ->
        ROW(release_start);
        pending_start = word[i].epoch; pending_by = word[i].by; pending_covers = word[i].covers
     :: else -> ROW(release_reset); pending_reset = word[i].epoch
     fi
  fi
}

/* ================ a controller */

/* Controller::retain; on the way it can be lost, and the replica has it later or never */
inline retain(who) {
  if
  :: true ->
#ifdef FAILOVER
     older.epoch = kept.epoch; older.by = kept.by; older.stop = kept.stop; older.free = kept.free;
#endif
     kept.epoch = c[who].epoch;
     kept.by = who;
     kept.free = (c[who].state != TRIPPED);
     kept.stop = NONE;
     if
     :: !kept.free && (c[who].ids & 1) -> kept.stop = 0
#if STOPS > 1
     :: !kept.free && (c[who].ids & 2) -> kept.stop = 1
     :: !kept.free && c[who].ids != 0 /* a cause of its own came first */
#endif
     :: kept.free || c[who].ids == 0
     fi
#ifdef LOSSES
  :: true -> ROW(retain_lost)
#endif
  fi
}

/* Controller::local, of a trip; `at_least`: where a guard is told of an epoch (Doer::raise), or 0 */
inline controller_trips(who, at_least) {
  if
  :: c[who].state != TRIPPED || at_least != 0 ->
     c[who].state = TRIPPED;
     c[who].epoch++;
     if
     :: c[who].epoch < at_least -> c[who].epoch = at_least
     :: else
     fi;
     c[who].owes_reset = 0; c[who].owes_start = 0
  :: else
  fi
}

#define ROOM(who) (c[who].epoch < EPOCHS)

/* Controller::stop */
inline controller_stop(who, which) {
  c[who].ids = c[who].ids | (1 << which);
  heard[who] = heard[who] | (1 << which);
  if
#ifdef BREAK_STOP_WHILE_READY_IS_OLD
  :: c[who].state == RUNNING ->
#else
  :: c[who].state != TRIPPED ->
#endif
     ROW(controller_stop);
     controller_trips(who, 0);
     if
     :: c[who].settled -> retain(who)
     :: else
     fi
  :: else -> ROW(controller_stop_stands)
  fi
}

#define OTHER_LEADS(who)                                               \
  (kept.epoch != 0 && kept.by != who && kept.epoch >= c[who].epoch && \
   (kept.epoch > c[who].epoch || kept.by < who))

/* Controller::latch */
inline controller_latch(who) {
  if
#if CONTROLLERS > 1
  :: OTHER_LEADS(who) -> /* and was heard lately */
     ROW(controller_stands_by);
     c[who].settled = 0; c[who].hears = 0;
     controller_trips(who, 0)
#endif
  :: kept.epoch > c[who].epoch || (kept.epoch == c[who].epoch && kept.by != who) ->
     ROW(controller_raises);
     c[who].hears = 1; c[who].settled = 0;
     controller_trips(who, kept.epoch + 1)
  :: kept.epoch == 0 && c[who].state != TRIPPED ->
     ROW(controller_lost_latch);
     c[who].hears = 1; c[who].settled = 1;
     controller_trips(who, 0);
     retain(who)
  :: (kept.epoch < c[who].epoch || kept.by == who) && kept.epoch <= c[who].epoch &&
     !(kept.epoch == 0 && c[who].state != TRIPPED) ->
     c[who].hears = 1;
     if
     :: !c[who].settled -> ROW(controller_settles); c[who].settled = 1; retain(who)
     :: else
     fi
  fi
}

/* Controller::safe_state: of the station as it is now */
inline confirmation(who) {
  if
  :: !c[who].is_trip || !c[who].is_stops || !c[who].is_start ->
     /* Controller::hand_on: it tripped, was stopped or began again since it was looked at */
#ifndef BREAK_OWED_TO_ANOTHER_START
     c[who].owes_reset = 0; c[who].owes_start = 0
#else
     if
     :: !c[who].is_trip || !c[who].is_stops -> c[who].owes_reset = 0; c[who].owes_start = 0
     :: else
     fi
#endif
  :: else
  fi;
  c[who].any = 1; c[who].is_start = 1; c[who].is_trip = 1; c[who].is_stops = 1;
  c[who].shows_stops = reached;
  if
  :: state != TRIPPED -> c[who].owes_reset = 0
  :: else
  fi;
  if
  :: state == RUNNING -> c[who].owes_start = 0
  :: else
  fi
}

/* ================ everything that may happen */

inline no_word(which) {
  word[which].any = 0; word[which].start = 0; word[which].epoch = 0; word[which].by = 0; word[which].covers = 0;
  word[which].is_start = 0; word[which].is_trip = 0; word[which].is_stops = 0; word[which].taken = 0
}

inline checks() {
  /* Whoever is energised has been told so by nobody but an operator: `energised` is the only way there. */
  assert(state != RUNNING || !stopped);
  /* S11: nobody runs on through a stop that was released meanwhile. */
  assert(state != RUNNING || known == ran_in);
  if
  :: state != RUNNING -> ran_in = 0
  :: else
  fi;
  /* No controller stays released when a stop comes to it. */
  for (i : 0 .. CONTROLLERS - 1) { assert(c[i].state == TRIPPED || (heard[i] & ~c[i].covers) == 0) }
  /* A latch is free only after an operator's reset of that epoch. */
  assert(kept.epoch == 0 || !kept.free || let_go[OF(kept.by, kept.epoch)]);
#ifndef KEEP_DEAD
  /* What can have no effect any more is forgotten, whatever it was: fewer states. */
  for (i : 0 .. KEPT - 1) {
    if
    :: word[i].any && (!word[i].is_start || !word[i].is_trip || !word[i].is_stops || word[i].taken ||
                       word[i].epoch < known) -> no_word(i)
    :: else
    fi
  }
  for (i : 0 .. EPOCHS) {
    if
    :: i < known -> used[OF(0, i)] = 0; used[OF(CONTROLLERS - 1, i)] = 0
    :: else
    fi
  }
  for (i : 0 .. CONTROLLERS - 1) {
    if
    :: c[i].any && !(c[i].is_start && c[i].is_trip && c[i].is_stops) ->
       c[i].is_start = 0; c[i].is_trip = 0; c[i].is_stops = 0; c[i].shows_stops = 0;
       c[i].owes_reset = 0; c[i].owes_start = 0
    :: else
    fi
  }
#endif
  i = 0; k = 0; e = 0
}

inline after_every_step() { d_step { checks() } }


inline copy_word(from, to) {
  word[to].any = word[from].any; word[to].start = word[from].start; word[to].epoch = word[from].epoch;
  word[to].by = word[from].by; word[to].covers = word[from].covers; word[to].is_start = word[from].is_start;
  word[to].is_trip = word[from].is_trip; word[to].is_stops = word[from].is_stops; word[to].taken = word[from].taken
}


/* A controller that trips needs a number for it. */
#define CAN_READ(who)                                                                                          \
  ((kept.epoch < EPOCHS && ROOM(who)) ||                                                                       \
   (c[who].state == TRIPPED &&                                                                                 \
    (kept.epoch < c[who].epoch || (kept.epoch == c[who].epoch && kept.by <= who))) ||                          \
   (c[who].state != TRIPPED && kept.epoch != 0 &&                                                              \
    (kept.epoch < c[who].epoch || (kept.epoch == c[who].epoch && kept.by == who))))

proctype controller(byte who) {
end:
  do
  /* ---- a stop comes here, at once, late, or again */
  :: atomic { (sent & 1) && !(c[who].ids & 1) && ROOM(who) -> controller_stop(who, 0); after_every_step() }
#if STOPS > 1
  :: atomic { (sent & 2) && !(c[who].ids & 2) && ROOM(who) -> controller_stop(who, 1); after_every_step() }
#endif
  /* ---- it reads the latch: once a second, and after joining */
  :: atomic { CAN_READ(who) -> controller_latch(who); after_every_step() }
  /* ---- Controller::tick: the latch is written again */
  :: atomic { c[who].settled -> retain(who); after_every_step() }
#ifdef NO_STOPS
  /* ---- it trips for a cause of its own */
  :: atomic {
       c[who].state != TRIPPED && ROOM(who) ->
       controller_trips(who, 0);
       if
       :: c[who].settled -> retain(who)
       :: else
       fi;
       after_every_step()
     }
#endif
#ifdef LOSSES
  /* ---- Controller::left */
  :: d_step { c[who].settled -> c[who].settled = 0 }
  /* ---- Controller::tick: deaf */
  :: atomic {
       c[who].hears && ROOM(who) ->
       ROW(controller_deaf);
       c[who].settled = 0; c[who].hears = 0;
       controller_trips(who, 0);
       after_every_step()
     }
#endif
  /* ---- a confirmation of the station comes through, or an old one once more */
#if CONTROLLERS == 1
  :: d_step { true -> confirmation(who) }
  :: d_step {
       c[who].any && (c[who].is_start || c[who].is_trip || c[who].is_stops) ->
       c[who].is_start = 0; c[who].is_trip = 0; c[who].is_stops = 0; c[who].shows_stops = 0;
       c[who].owes_reset = 0; c[who].owes_start = 0
     }
#endif
  /* ---- an operator acknowledges and resets here; Controller::released */
  :: atomic {
       c[who].state == TRIPPED && c[who].hears ->
       ROW(operator_resets);
       c[who].state = READY;
       let_go[OF(who, c[who].epoch)] = 1;
       if
       :: c[who].settled -> retain(who)
       :: else
       fi;
       c[who].owes_reset = c[who].any;
       c[who].covers = c[who].covers | heard[who] | c[who].shows_stops;
       after_every_step()
     }
  /* ---- and starts */
  :: atomic {
       c[who].state == READY && c[who].hears ->
       ROW(operator_starts);
       c[who].state = RUNNING;
       if
       :: c[who].settled -> retain(who)
       :: else
       fi;
       c[who].owes_start = c[who].any;
       after_every_step()
     }
  /* ---- Controller::hand_on: a word is said, and said again; it comes at once, or never, and somebody may keep it */
  :: atomic {
       c[who].settled && (c[who].owes_reset || c[who].owes_start) ->
       ROW(hand_on);
       word[NOW].any = 1;
       word[NOW].start = !c[who].owes_reset;
       word[NOW].epoch = c[who].epoch;
       word[NOW].by = who;
       if
       :: word[NOW].start -> word[NOW].covers = c[who].covers
       :: else
       fi;
       word[NOW].is_start = c[who].is_start;
       word[NOW].is_trip = c[who].is_trip;
       word[NOW].is_stops = c[who].is_stops;
       if
       :: true
#if KEPT == 1
       :: copy_word(NOW, 0)
#else
       :: copy_word(1, 0); copy_word(NOW, 1)
       :: copy_word(NOW, 1)
#endif
       fi;
       if
       :: i = NOW; station_release()
       :: true
       fi;
       no_word(NOW);
       after_every_step()
     }
#ifdef CONTROLLER_RESTARTS
  /* ---- it ends and begins again: what ran is a new trip, and it has heard of nothing */
  :: atomic {
       ROOM(who) ->
       ROW(controller_restarts);
       controller_trips(who, 0);
       c[who].hears = 0; c[who].settled = 0; c[who].ids = 0;
       c[who].any = 0; c[who].is_start = 0; c[who].is_trip = 0; c[who].is_stops = 0; c[who].shows_stops = 0;
       c[who].owes_reset = 0; c[who].owes_start = 0;
       after_every_step()
     }
#endif
  od
}

proctype station() {
end:
  do
#if CONTROLLERS > 1
  /* ---- its confirmation comes through, to both */
  :: d_step { true -> confirmation(0); confirmation(1) }
#endif
  /* ---- a stop comes here, at once, late, or again */
  :: d_step { sent & 1 -> station_stop(0); checks() }
#if STOPS > 1
  :: d_step { sent & 2 -> station_stop(1); checks() }
#endif
  /* ---- a word that was kept comes now, and stays kept */
  :: d_step { word[0].any -> i = 0; station_release(); checks() }
#if KEPT > 1
  :: d_step { word[1].any -> i = 1; station_release(); checks() }
#endif
  /* ---- the station reads the latch */
  :: d_step { true -> station_latch(); checks() }
  /* ---- Station::left, Station::joined */
  :: d_step { learned -> learned = 0 }
  /* ---- Station::tick: the lease has run out */
  :: d_step { hears -> ROW(station_deaf); learned = 0; hears = 0; station_trips(); checks() }
  /* ---- Station::advance: the own guard is given the words */
  :: d_step {
       pending_reset != 0 ->
       watch_releases(pending_reset);
       if
       :: state != TRIPPED -> ROW(advance_shows); pending_reset = 0
       :: state == TRIPPED && CLEAR -> ROW(advance_reset); state = READY; pending_reset = 0
       :: state == TRIPPED && !CLEAR -> ROW(advance_reset_refused)
       fi;
       checks()
     }
  :: d_step {
       pending_start != 0 ->
       if
#ifdef BREAK_STARTS_WHILE_STOPPED
       :: state != RUNNING -> stopped = 0; energised(1);
#else
       :: state == READY && learned && CLEAR -> ROW(advance_start); energised(1);
#endif
          pending_start = 0; pending_by = 0; pending_covers = 0
#ifndef BREAK_STARTS_WHILE_STOPPED
       :: state != RUNNING && !(state == READY && learned && CLEAR) -> ROW(advance_start_waits)
#endif
       :: state == RUNNING -> pending_start = 0; pending_by = 0; pending_covers = 0
       fi;
       checks()
     }
  /* ---- nobody answered in time */
  :: d_step { pending_reset != 0 || pending_start != 0 -> nothing_is_pending() }
#ifdef EASE
  /* ---- a peer of the station says goodbye: its outputs go safe quietly, without a new trip */
  :: d_step {
       state == RUNNING ->
       ROW(ease);
       state = READY;
#ifndef BREAK_EASE_KEEPS_WORDS
       words_mean_other_stops();
       nothing_is_pending();
#endif
       checks()
     }
#endif
#ifdef OWN_CAUSES
  /* ---- the station trips for a cause of its own, and tells everybody; Station::local */
  :: d_step {
       state != TRIPPED && !(reached & (1 << STOPS)) ->
       ROW(own_cause);
       reached = reached | (1 << STOPS);
       station_trips();
       if
       :: sent != (1 << STOPS) - 1 -> sent = (sent << 1) | 1
       :: else
       fi;
       checks()
     }
#endif
#ifdef OPERATOR_AT_STATION
  :: d_step { state == TRIPPED && CLEAR -> ROW(local_reset); state = READY; covers_here = reached; checks() }
  :: d_step { state == READY && CLEAR && learned -> ROW(local_start); energised(0); checks() }
#endif
#ifdef STATION_RESTARTS
  /* ---- the station's supervisor ends and begins again; its guard trips, and keeps the latch. The disk may be lost. */
  :: atomic {
       true ->
       ROW(station_restarts);
       station_trips();
       nothing_is_pending();
       learned = 0; hears = 0; stopped = 0; need = 0; released = 0; ids = 0;
       reached_now = 0; free_seen = 0; last_free = 0;
       for (i : 0 .. STOPS - 1) { beyond[i] = 0 }
       if
       :: true
       :: known = 0
       fi;
       /* It counts its stops from 0 again: what was said before may seem to mean as many. */
       for (i : 0 .. KEPT) {
         word[i].is_start = 0;
         if
         :: word[i].any -> word[i].is_stops = 1; word[i].taken = 0
         :: else
         fi
       }
       for (i : 0 .. CONTROLLERS - 1) {
         c[i].is_start = 0;
         if
         :: c[i].any -> c[i].is_stops = 1
         :: else
         fi
       }
       after_every_step()
     }
#endif
  od
}

proctype world() {
end:
  do
  :: false
#ifndef NO_STOPS
  /* ---- anybody sends a stop */
  :: atomic { sent != (1 << STOPS) - 1 -> sent = (sent << 1) | 1 }
#endif
#ifdef FAILOVER
  /* ---- the server fails over to what a replica had, or begins empty */
  :: atomic {
       older.epoch != kept.epoch || older.free != kept.free || older.by != kept.by ->
       ROW(failover);
       kept.epoch = older.epoch; kept.by = older.by; kept.stop = older.stop; kept.free = older.free
     }
  :: atomic { kept.epoch != 0 -> ROW(server_empty); kept.epoch = 0; kept.by = 0; kept.stop = NONE; kept.free = 0 }
#endif
  od
}

init {
  atomic {
    kept.stop = NONE; older.stop = NONE;
    for (i : 0 .. CONTROLLERS - 1) {
      c[i].epoch = 1;
#ifndef LOSSES
      c[i].hears = 1; c[i].settled = (CONTROLLERS == 1);
#endif
      run controller(i)
    }
    i = 0;
    run station();
    run world()
  }
}
