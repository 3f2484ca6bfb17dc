/* The latch alone, with everything that may happen to it, in any order and for ever.

   Checked: S3 latched, S4 no-surprise-start, S5 reset-needs-absence, S6 first-out, and that the epoch only grows.
   What it prints with TRACE is replayed against the kernel (tests/model/replay.hpp). */

#define SOURCES 2
#define SETTLE 2
#define EPOCHS 3 /* no trip is begun beyond this number */
#define NEXT_EPOCH epoch++
#include "latch_core.pml"

#define TICK 0
#define SAY 1
#define RESET_WORD 2
#define START_WORD 3
#define RESTART 4

/* What the rules say, kept without looking at how the latch keeps it. */
byte quiet = SETTLE;     /* ticks since anything was, or may have been, a cause */
bit seen_and_known;      /* acknowledged since the newest cause */
bit lasting[SOURCES];    /* it was present, and nobody saw it end */
byte highest;            /* epoch anybody was ever told */

byte old_state, old_epoch, old_first, s, t, c, a, e;
bit newer, again;

inline before() {
  old_state = state;
  old_epoch = epoch;
  old_first = first_code
}

#define ANY_LASTING (lasting[0] || lasting[1])

inline after(kind) {
  printf("= %d %d %d %d %d %d\n", state, epoch, acknowledged, first_code, first_present, refusal);
  if
  :: ANY_LASTING -> quiet = 0
  :: else
  fi;
  /* S4: only the word start leads to running. */
  assert(state != RUNNING || old_state == RUNNING || (kind == START_WORD && refusal == 0 && old_state == READY));
  /* S3: only the word reset leads out of tripped. */
  assert(old_state != TRIPPED || state == TRIPPED || kind == RESET_WORD);
  /* The epoch only grows, and each trip has its own. */
  assert(epoch >= old_epoch && epoch >= highest);
  assert(old_state == TRIPPED || state != TRIPPED || epoch > old_epoch);
  /* S6: while the epoch stays, so does its first cause. */
  assert(epoch != old_epoch || first_code == old_first);
  /* S6: a cause clears the acknowledgement. */
  assert(!acknowledged || seen_and_known || kind == RESTART);
  if
  :: kind == RESET_WORD && state == READY && old_state == TRIPPED ->
     /* S5 */
     assert(e == epoch && seen_and_known && quiet >= SETTLE && !ANY_LASTING);
     assert(src[0].standing != UNKNOWN && src[1].standing != UNKNOWN)
  :: kind == START_WORD && state == RUNNING && old_state != RUNNING ->
     assert(e == epoch && quiet >= SETTLE);
     assert(src[0].standing == CLEAR && src[1].standing == CLEAR)
  :: else
  fi;
  /* A word that was refused changed nothing. */
  assert(refusal == 0 || state == old_state);
  if
  :: epoch > highest -> highest = epoch
  :: else
  fi;
  old_state = 0; old_epoch = 0; old_first = 0; refusal = 0; tripped_now = 0;
  s = 0; t = 0; c = 0; a = 0; e = 0; newer = 0; again = 0
}

#define ROOM (epoch < EPOCHS || state == TRIPPED)

init {
  d_step {
    before();
    boot_nothing();
    quiet = 0;
    printf("> boot_nothing\n");
    after(RESTART)
  };
  do
  :: atomic { /* a source is reported */
       ROOM;
       select(s : 0 .. SOURCES); select(t : 0 .. 3); select(c : 1 .. 2); select(a : 0 .. 1);
       d_step {
         before();
         if
         :: t != PRESENT -> c = 0; a = 0 /* the guard reports an end as of now */
         :: else
         fi;
         printf("> report %d %d %d %d\n", s, t, c, a);
         if
         :: s < SOURCES && t == PRESENT && src[s].standing == PRESENT && src[s].recorded && src[s].code == c -> again = 1
         :: else
         fi;
         report(s, t, c, a);
         if
         :: t == PRESENT && !again -> seen_and_known = 0
         :: else
         fi;
         if
         :: t == PRESENT && s < SOURCES -> lasting[s] = 1; youngest(quiet, a)
         :: t == PRESENT && s == SOURCES -> youngest(quiet, a)
         :: (t == CLEAR || t == CLOSED) && s < SOURCES ->
            if
            :: lasting[s] -> quiet = 0; lasting[s] = 0
            :: else
            fi
         :: else
         fi;
         after(SAY)
       }
     }
  :: atomic { /* a momentary cause */
       ROOM;
       select(s : 0 .. SOURCES); select(c : 1 .. 2);
       d_step {
         before();
         printf("> stop %d %d\n", s, c);
         stop(s, c);
         seen_and_known = 0;
         quiet = 0;
         after(SAY)
       }
     }
  :: atomic {
       select(s : 0 .. SOURCES - 1);
       d_step { before(); printf("> forget %d\n", s); forget(s); after(SAY) }
     }
  :: d_step { before(); printf("> ease\n"); ease(); after(SAY) }
  :: atomic {
       select(e : 0 .. EPOCHS + 1);
       d_step {
         before();
         printf("> acknowledge %d\n", e);
         acknowledge(e);
         if
         :: refusal == 0 -> seen_and_known = 1
         :: else
         fi;
         after(SAY)
       }
     }
  :: atomic {
       select(e : 0 .. EPOCHS + 1);
       d_step { before(); printf("> reset %d\n", e); reset(e); after(RESET_WORD) }
     }
  :: atomic {
       select(e : 0 .. EPOCHS + 1); select(c : 0 .. 1);
       d_step { before(); printf("> start %d %d\n", e, c * NO_PERMIT); start(e, c * NO_PERMIT); after(START_WORD) }
     }
  :: atomic { /* the guard dies and another reads its record; what it sees before that is a cause too */
       ROOM;
       select(s : 0 .. SOURCES);
       d_step {
         before();
         printf("> restart %d\n", s);
         for (scratch : 0 .. SOURCES - 1) {
           src[scratch].standing = UNKNOWN; src[scratch].code = 0; src[scratch].recorded = 0;
           src[scratch].unseen_end = 0; src[scratch].ago = SETTLE;
           lasting[scratch] = 0
         }
         scratch = 0;
         last_trip_ago = SETTLE;
         if
         :: state != READY -> quiet = 0
         :: else
         fi;
         seen_and_known = (acknowledged && state != RUNNING);
         boot_record();
         if
         :: s < SOURCES ->
            /* It was told before the record was read, and counts again after it. */
            if
            :: state == READY -> ROW(boot_ready_with_a_cause)
            :: else
            fi;
            src[s].standing = PRESENT; src[s].ago = 0;
            raise(s, 1, 1, 0);
            lasting[s] = 1; quiet = 0; seen_and_known = 0
         :: else
         fi;
         after(RESTART)
       }
     }
  :: d_step { /* the record is lost; the journal remembers the epoch */
       epoch < EPOCHS ->
       before();
       printf("> restart_nothing %d\n", epoch);
       for (scratch : 0 .. SOURCES - 1) {
         src[scratch].standing = UNKNOWN; src[scratch].code = 0; src[scratch].recorded = 0;
         src[scratch].unseen_end = 0; src[scratch].ago = SETTLE;
         lasting[scratch] = 0
       }
       scratch = 0;
       last_trip_ago = SETTLE;
       boot_nothing();
       /* raise_epoch(floor) */
       ROW(raise_epoch);
       epoch = old_epoch + 1;
       acknowledged = 0;
       seen_and_known = 0;
       quiet = 0;
       after(RESTART)
     }
  :: d_step {
       before();
       printf("> tick\n");
       all_ages_grow();
       if
       :: quiet < SETTLE -> quiet++
       :: else
       fi;
       after(TICK)
     }
  od
}
