/* How soon a stop is everywhere. A controller, a station that may hear the stop, a second one that hears it only over the
   server, and the server between them. The stop is published, or is lost on its way to the server; besides, it may come
   straight to the controller or to the first station. Time is in here and not in bus.pml: a round of `world` is a second, in
   which connections go and come as they like, things happen in any order, and everybody has one turn. Checked:

   MUST_STOP: a station that is connected when the stop is published is safe at once;
   MUST_END: one that is not, and stays so, is safe when its lease has run out;
   MUST_TELL: when one that has heard the stop and the controller have been connected for AGAIN seconds together, the
     controller has been tripped since the stop, also if it heard nothing of the publication;
   MUST_LEARN: and when then a station and the controller have been connected for two, that station has been safe since.

   Beside each step stands the function of src/plant/station that it stands for. BREAK_… are faults on purpose. */

#define LEASE 3 /* Station::Settings::lease, in seconds */
#define AGAIN 3 /* KeptStops: again_after, and up to a second more by the name */
#ifndef EPOCHS
#define EPOCHS 2 /* a history with more trips of the controller is not followed */
#endif
#ifndef BEFORE
#define BEFORE 2 /* the stop is sent in the second of this number at the latest */
#endif

#define TRIPPED 0
#define READY 1
#define RUNNING 2
#define C 0 /* the parties */
#define A 1 /* the station that may hold the stop */
#define B 2

c_decl { int row_met[400]; }
#define ROW(x) c_code { if (!row_met[__COUNTER__]++) printf("reached " #x "\n"); }

bit on[3];      /* its connection is alive */
byte silent[3]; /* seconds without a word of the bus, up to LEASE */
byte state[3];  /* of its guard's latch; a station that is ready is as safe as a tripped one, and called so */
byte epoch;     /* of the controller */
byte known[3];  /* Station::epoch_ */
byte latch_epoch; bit latch_free; /* the retained latch */
bit a_knows, c_knows;             /* the stop's id */
bit held;                         /* KeptStops, at A */
bit began_again;                  /* A, once */
byte held_known, held_for;
bit owed[3], a_shown;             /* Known::Owed: for an A that knew the stop, or not */

/* ---- what the rules say */
bit sent;
bit told;          /* the controller has been tripped since */
bit safe_since[3]; /* the station has been safe since */
byte apart[3];     /* seconds since then, all of them without a connection, up to LEASE + 1 */
bit has_it;        /* A has heard it, and nobody has looked at A and released it */
byte holds_with;   /* seconds since then in which A and the controller were connected */
byte told_with[3]; /* seconds in which a station and a controller that was told were connected */

byte s, round;

inline look() {
  if
  :: sent ->
     safe_since[A] = safe_since[A] || (state[A] != RUNNING);
     safe_since[B] = safe_since[B] || (state[B] != RUNNING);
     told = told || (state[C] == TRIPPED)
  :: else
  fi
}

/* Controller::retain */
inline retain() {
  if
  :: on[C] -> latch_epoch = epoch; latch_free = (state[C] != TRIPPED)
  :: else
  fi
}

/* Controller::local, of a trip */
inline controller_trips() {
  if
  :: state[C] != TRIPPED -> epoch++; state[C] = TRIPPED
  :: else
  fi;
  owed[A] = 0; owed[B] = 0; a_shown = 0;
  retain()
}

/* Controller::stop */
inline comes_to_controller() {
  if
  :: !c_knows -> ROW(controller_hears); c_knows = 1; controller_trips()
  :: else -> ROW(controller_knows)
  fi
}

/* Station::stop */
inline comes_to_a(straight) {
  if
  :: !a_knows ->
     ROW(station_hears);
     a_knows = 1; state[A] = TRIPPED;
     has_it = 1;
     held = 1; held_known = known[A]; held_for = 0
  :: a_knows && straight -> /* KeptStops::said_by_another: not so */
     ROW(a_copy_by_datagram);
#ifdef BREAK_A_DATAGRAM_COUNTS
     held_for = 0;
#endif
  :: a_knows && !straight -> ROW(a_copy); held_for = 0
  fi
}

/* To all who are connected. */
inline by_the_server() {
  if
  :: on[C] -> comes_to_controller()
  :: else
  fi;
  if
  :: on[A] -> comes_to_a(0)
  :: else
  fi;
  if
  :: on[B] -> state[B] = TRIPPED
  :: else
  fi;
  look()
}

/* Station::latch */
inline station_reads() {
  if
  :: !latch_free ->
     ROW(station_reads_a_stop);
     if
     :: s == A && held && latch_epoch > held_known -> ROW(held_is_shown); held = 0
     :: else
     fi;
     known[s] = latch_epoch;
     state[s] = TRIPPED
  :: latch_free && latch_epoch > known[s] ->
     ROW(station_missed_one);
     state[s] = TRIPPED;
     known[s] = latch_epoch
  :: else
  fi;
#ifdef BREAK_ANY_LATCH_SHOWS_IT
  held = (s == A -> 0 : held);
#endif
  look()
}

/* Station::tick */
inline station_turn(who) {
  s = who;
  if
  :: on[s] ->
     silent[s] = 0;
#ifndef BREAK_READS_NO_LATCH
     station_reads();
#endif
     if
     :: s == A && held && held_for + 1 >= AGAIN ->
        ROW(says_it_again);
        held_for = 0;
#ifndef BREAK_KEEPS_IT_FOR_ITSELF
        by_the_server();
#endif
#ifdef BREAK_SAYS_IT_ONCE
        held = 0;
#endif
     :: s == A && held && held_for + 1 < AGAIN -> held_for++
     :: else
     fi
  :: !on[s] && silent[s] < LEASE -> silent[s]++
  :: else
  fi;
#ifndef BREAK_NO_LEASE
  if
  :: silent[s] == LEASE -> ROW(station_deaf); state[s] = TRIPPED
  :: else
  fi;
#endif
  look();
  s = 0
}

/* Controller::tick, and latch */
inline controller_turn() {
  if
  :: on[C] -> silent[C] = 0; retain()
  :: !on[C] && silent[C] < LEASE -> silent[C]++
  :: else
  fi;
  if
  :: silent[C] == LEASE -> ROW(controller_deaf); controller_trips()
  :: else
  fi;
  look()
}

#define MORE(counter, most) counter = (counter < most -> counter + 1 : most)

inline after_a_second() {
  if
  :: sent ->
     for (s : A .. B) {
       if
       :: !on[s] && apart[s] <= LEASE -> apart[s]++
       :: on[s] -> apart[s] = 0
       :: else
       fi;
       if
       :: told && on[s] && on[C] -> MORE(told_with[s], 2)
       :: else -> told_with[s] = 0
       fi;
       /* MUST_END */
       assert(apart[s] <= LEASE || safe_since[s]);
       /* MUST_LEARN */
       assert(told_with[s] < 2 || safe_since[s])
     }
     s = 0;
     if
     :: has_it && on[A] && on[C] -> MORE(holds_with, AGAIN)
     :: else -> holds_with = 0
     fi;
     /* MUST_TELL */
     assert(holds_with < AGAIN || told)
  :: else
  fi
}

#define KEPT_PROMISE (told && safe_since[A] && safe_since[B])

init {
  /* All run, everybody is connected, nobody has stopped. */
  atomic {
    for (s : 0 .. 2) { on[s] = 1; state[s] = RUNNING; known[s] = 1 }
    s = 0; epoch = 1; latch_epoch = 1; latch_free = 1
  }
  do
  :: KEPT_PROMISE || epoch > EPOCHS -> break /* what comes now can break nothing */
  :: !KEPT_PROMISE && epoch <= EPOCHS ->
     atomic {
       round = (round < BEFORE -> round + 1 : round);
       /* ---- connections go and come */
       for (s : 0 .. 2) {
         if
         :: on[s] = 0
         :: on[s] = 1
         fi
       }
       s = 0;
       if
       :: on[C] -> retain() /* Controller::joined, latch */
       :: else
       fi
     };
     /* ---- what happens in this second, if anything does */
     do
     :: atomic {
          !sent ->
          sent = 1; look();
          if
          :: ROW(is_published);
             by_the_server();
             /* MUST_STOP */
             assert((!on[A] || safe_since[A]) && (!on[B] || safe_since[B]))
          :: ROW(is_not_published)
          fi;
          if
          :: true
          :: ROW(comes_straight_to_a); comes_to_a(1)
          fi;
          if
          :: true
          :: ROW(comes_straight_to_the_controller); comes_to_controller()
          fi;
          look()
        }
     /* A ends and begins again, with what Doer::keep has written; its guard trips (Station::begin) */
     :: atomic {
          !began_again ->
          began_again = 1;
#ifdef BREAK_A_START_FORGETS
          held = 0;
#endif
          if
          :: held -> ROW(begins_again_and_owes)
          :: else -> ROW(begins_again)
          fi;
          a_knows = held; held_for = 0; holds_with = 0; owed[A] = 0;
          state[A] = TRIPPED; on[A] = 0;
          look()
        }
     /* Somebody else holds it, too, and says it: straight, or over the server while the controller is away. */
     :: atomic { held -> comes_to_a(1) }
     :: atomic { held && on[A] && !on[C] -> by_the_server() }
     :: atomic { state[C] != TRIPPED && epoch <= EPOCHS -> ROW(own_cause); controller_trips(); look() }
     :: atomic {
          state[C] == TRIPPED && on[C] ->
          ROW(operator_resets);
          state[C] = READY;
          owed[A] = on[A]; owed[B] = on[B]; a_shown = a_knows;
          retain()
        }
     :: atomic { state[C] == READY -> state[C] = RUNNING; retain() }
     /* Controller::hand_on, Station::release and advance, with all that bus.pml has about them */
     :: atomic {
          state[C] == RUNNING && on[C] && on[A] && owed[A] && state[A] == TRIPPED && a_shown == a_knows &&
          epoch >= known[A] ->
          ROW(word_to_a);
          known[A] = epoch; state[A] = RUNNING; held = 0; has_it = 0; owed[A] = 0
        }
     :: atomic {
          state[C] == RUNNING && on[C] && on[B] && owed[B] && state[B] == TRIPPED && epoch >= known[B] ->
          ROW(word_to_b);
          known[B] = epoch; state[B] = RUNNING; owed[B] = 0
        }
     :: sent || round < BEFORE -> break
     od;
     /* ---- and everybody's turn, the controller's first or last */
     atomic {
       if
       :: controller_turn(); station_turn(A); station_turn(B)
       :: station_turn(B); station_turn(A); controller_turn()
       fi;
       after_a_second()
     }
  od
}
