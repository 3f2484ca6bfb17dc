/* Supervisor, guard and two cutters over one output; any of them may be killed, stopped or resumed at any step, one
   failure after another for ever, each when the one before is over. Compile with LINE (a GPIO line whose level
   stays when its owner dies) or PEER (a relay that the cutters serve).

   Checked: S2 any-death-trips with its time, S3 latched, S4 no-surprise-start, and that a cut which races with
   a start wins. What stands for what, and what is left out, is in docs/model.md.

   Time is a tick: everybody who lives takes one turn in it. A timeout is at least so many ticks.

   What it prints with TRACE or TRAILS is replayed against the kernel: tests/model/replay_chain.hpp. */

#define SETTLE 1
#define SOURCES 5
#define SLIM
/* Epochs are kept by how far they lie behind the present one: 0 is the present, BEHIND that and more. */
#define BEHIND 2
#define AHEAD 3
#define NEXT_EPOCH others_fall_behind()

#define HEARTBEAT 2 /* ticks */
#ifndef PERMIT
#define PERMIT 2
#endif
#define LONGEST 4 /* ages need to grow no further */
#define BOUND 1 /* ticks from what must make it safe until it is safe */

/* Sources of the plan. */
#define INSIDE 0 /* guard and operator: momentary causes only */
#define SUPERVISOR 1
#define CUTTER 2 /* and 3 */
#define PLANT 4
#define SOFTWARE_ERROR 19
#define SUPERVISOR_LOST 9
#define GUARD_LOST 10
#define LINK_LOST 1
#define LOOP_OVERRUN 8
#define OPERATOR_COMMAND 16

/* Processes. */
#define SUP 0
#define GUARD 1
#define CUT 2 /* and 3 */
#define PROCESSES 4
bit alive[PROCESSES];
bit stopped[PROCESSES];
bit doomed[PROCESSES];  /* killed, and may run on until the signal arrives */
byte ago[PROCESSES];    /* ticks since its loop turned, at most LONGEST */
byte pc[PROCESSES];     /* 0: its turn is over */
#define RUNS(p) (alive[p] && !stopped[p])

/* The hardware. */
bit energised;

/* Cut page: the word itself is not kept, only which copies still equal it. A cut adds two and an arming adds
   one, so a copy that once differed never equals it again (while fewer than 2^31 cuts happen in between). */
bit armed_is_word, seen_is_word, one_more;
bit guard_armed; /* what the rules say: the guard has armed, and nobody has cut since */
/* Inner page */
bit run_wish;   /* inner.run */
byte serving;   /* which cutter serves */
/* Guard */
bit wish;       /* what the guard commanded last: energise */
bit pending;    /* a start waits for the disk */
bit heard;      /* permits: one was accepted on this connection */
byte sent_ago;  /* and how old it is, at most PERMIT */
byte unexplained;
bit connected, greeted;
bit ran;         /* a guard ended with the output energised */
bit gone[2];     /* a cutter that was fenced has ended */
bit supervisor_died; /* told by the lifeline, not yet looked at */
/* Latch file */
bit unwritten;  /* the newest record is not on disk */
bit tried;
byte disk_state, disk_epoch;
bit untold; /* a trip that is on no disk and that nobody has heard of */
bit disk_acknowledged;
/* Cutters */
bit lost[2];                              /* it knows that the guard is lost */
byte at[2];                               /* output thread: 0 waits, 1 has looked, 2 has written */
bit look_run[2], look_is_word[2];
bit done[2], done_is_word[2], done_run[2];
bit told_is_word[2], told_safe[2];
byte patience[2];
/* Supervisor */
byte told;      /* how it last reported the plant */
short known_epoch; /* the highest that anybody was told; it is in the journal too. Negative: ahead of a new guard */

chan queue = [5] of { byte, byte, byte, byte }; /* kind, what, epoch, age */
#define HELLO 0
#define PERMIT_MESSAGE 1
#define REPORT 2
#define WORD 3
#define STOP_WORD 0
#define ACKNOWLEDGE_WORD 1
#define RESET_WORD 2
#define START_WORD 3

byte kind, what, named, n, old, victim;
byte words_behind;

#if defined(TRACE) || defined(TRAILS)
#define TELL(words) printf words
#else
#define TELL(words) skip
#endif
#define STANDS \
  TELL(("= %d %d %d %d %d\n", state, acknowledged, refusal, heard, (heard && sent_ago < PERMIT)))

inline older(age, limit) {
  if
  :: age < limit -> age++
  :: else
  fi
}
inline others_fall_behind() {
  older(known_epoch, BEHIND);
  older(disk_epoch, BEHIND);
  words_behind++
}
/* The words on their way, too: before one is read, or another sent. */
inline words_fall_behind() {
  if
  :: words_behind > 0 ->
     for (victim : 1 .. len(queue)) {
       queue?kind, what, named, n;
       if
       :: kind == WORD -> named = (named + words_behind < BEHIND -> named + words_behind : (named == AHEAD -> AHEAD : BEHIND))
       :: else
       fi;
       queue!kind, what, named, n
     }
     victim = 0; kind = 0; what = 0; named = 0; n = 0; words_behind = 0
  :: else
  fi
}
#include "latch_core.pml"

/* What the rules say, kept apart from what the processes believe. */
byte grant;      /* 2: a start was accepted, after a reset, after the last trip; 1: a reset */
byte revoked;    /* ticks since that ended, at most BOUND + 1 */
byte due;        /* 0, or 1 + ticks since a failure demands that the output be safe */

inline revoke(level) {
  if
  :: grant == 2 -> revoked = 0
  :: else
  fi;
  if
  :: grant > level -> grant = level
  :: else
  fi
}

inline demand_safe() {
  if
  :: due == 0 -> due = 1
  :: else
  fi
}

/* A failure in the middle of a cut: its time counts from the failure. */
inline fails() {
  due = 1;
  revoked = (grant == 2 -> revoked : 0)
}

/* --- shared pages ------------------------------------------------------------------------------------------- */
inline word_changes() {
  armed_is_word = 0; seen_is_word = 0;
  look_is_word[0] = 0; look_is_word[1] = 0;
  done_is_word[0] = 0; done_is_word[1] = 0;
  told_is_word[0] = 0; told_is_word[1] = 0;
  patience[0] = 0; patience[1] = 0
}
inline cut() {
  guard_armed = 0;
#ifdef BREAK_CUT_ADDS_ONE
  one_more = (seen_is_word && run_wish); /* w + 1 is what the guard is about to arm */
  word_changes();
  armed_is_word = one_more;
  one_more = 0
#else
  word_changes()
#endif
}
#define WANTS_RUN (run_wish && armed_is_word)

inline line_to(level) {
#ifdef LINE
  energised = level
#else
  skip
#endif
}

/* --- guard: outputs ----------------------------------------------------------------------------------------- */
inline cut_mask(again_) {
  line_to(0);
  if
  :: again_ || WANTS_RUN -> cut()
  :: else
  fi;
  run_wish = 0;
  wish = 0
}
inline cut_first() {
  if
  :: state == RUNNING -> cut_mask(0)
  :: else
  fi
}
inline persist() { unwritten = 1; tried = 0 }
inline after_trip() {
  if
  :: tripped_now -> tripped_now = 0; pending = 0; revoke(0); persist(); untold = 1
  :: else
  fi
}
inline guard_raise(source_, standing_, code_) {
  old = src[source_].standing;
  if
  :: standing_ == PRESENT -> cut_first()
  :: else
  fi;
  TELL(("> report %d %d %d\n", source_, standing_, code_));
  report(source_, standing_, code_, 0);
  STANDS;
  if
  :: tripped_now -> after_trip()
  :: !tripped_now && standing_ == PRESENT && old != PRESENT -> persist()
  :: else
  fi;
  old = 0
}
inline guard_stop(source_, code_) {
  cut_first();
  TELL(("> stop %d %d\n", source_, code_));
  stop(source_, code_);
  STANDS;
  if
  :: tripped_now -> after_trip()
  :: else -> revoke(0); persist()
  fi
}
inline guard_ease() {
  pending = 0;
  cut_mask(1);
  if
  :: state == RUNNING -> TELL(("> ease\n")); ease(); STANDS; revoke(1); persist()
  :: else
  fi
}
inline supervisor_left() {
  cut_first();
  connected = 0; greeted = 0; heard = 0; sent_ago = 0;
  TELL(("> connection\n")); STANDS;
  do
  :: len(queue) > 0 -> queue?kind, what, named, n
  :: else -> break
  od;
  kind = 0; what = 0; named = 0; n = 0;
  if
  :: src[SUPERVISOR].standing != PRESENT -> guard_raise(SUPERVISOR, PRESENT, SUPERVISOR_LOST)
  :: else
  fi
}
inline guard_dies() {
  ran = wish;
#ifndef STRICT
  /* What a guard decided in `ready` and died before it told or wrote it, nobody can know; nothing was energised. */
  if
  :: untold && unwritten && disk_state == READY -> grant = 1
  :: else
  fi;
#endif
  untold = 0;
  alive[GUARD] = 0; stopped[GUARD] = 0; doomed[GUARD] = 0; pc[GUARD] = 0; ago[GUARD] = 0;
  TELL(("> guard_dies\n"));
  pending = 0; heard = 0; sent_ago = 0; unexplained = 0; seen_is_word = 0; supervisor_died = 0; wish = 0;
  connected = 0; greeted = 0; unwritten = 0; tried = 0; gone[0] = 0; gone[1] = 0;
  do
  :: len(queue) > 0 -> queue?kind, what, named, n
  :: else -> break
  od;
  kind = 0; what = 0; named = 0; n = 0;
  revoke(1)
}
inline cutter_dies(i) {
  alive[CUT + i] = 0; stopped[CUT + i] = 0; doomed[CUT + i] = 0; pc[CUT + i] = 0;
  ago[CUT + i] = 0; lost[i] = 0; at[i] = 0; look_run[i] = 0; look_is_word[i] = 0; done[i] = 0;
  done_is_word[i] = 0; done_run[i] = 0; patience[i] = 0
}
/* What it reported stays in the page until another takes its place. */
inline cutter_begins(i) {
  TELL(("> begins %d\n", CUT + i));
  alive[CUT + i] = 1; told_is_word[i] = 0; told_safe[i] = 0
}
inline kill(p) {
  if
  :: alive[p] && stopped[p] && p == GUARD -> guard_dies()
  :: alive[p] && stopped[p] && p != GUARD -> cutter_dies(p - CUT)
  :: alive[p] && !stopped[p] -> doomed[p] = 1
  :: else
  fi
}

/* --- the supervisor ----------------------------------------------------------------------------------------- */
inline permit() {
  if
  :: connected && len(queue) < 5 -> queue!PERMIT_MESSAGE, 0, 0, 0
  :: else
  fi;
  pc[SUP] = 4
}
inline say(word) {
  words_fall_behind();
  queue!WORD, word, (known_epoch < 0 -> AHEAD : known_epoch), 0;
  pc[SUP] = 0
}
/* In every tick the cutters turn first: their loop only beats and looks at the guard's beat. */
#define TURNED(p) (!RUNS(p) || pc[p] == 0)
/* Finding its own gap is a second line: after a single failure the others have always acted before. */
#define BEHIND_THE_OTHERS assert(false)
#define IN_TURN(p, step) (RUNS(p) && pc[p] == step && (p >= CUT || (TURNED(CUT) && TURNED(CUT + 1))))
#define MAY_SAY (IN_TURN(SUP, 4) && connected && len(queue) < 5)

proctype Supervisor() {
  do
  :: d_step { /* its own gap first; a connection when it has none */
       IN_TURN(SUP, 1) ->
       TELL(("> turn %d %d\n", SUP, ago[SUP] > PERMIT));
       if
       :: ago[SUP] > PERMIT && connected && state == RUNNING ->
          BEHIND_THE_OTHERS;
          cut(); demand_safe();
          if
          :: len(queue) < 5 -> queue!WORD, STOP_WORD, 0, 0
          :: else
          fi
       :: else
       fi;
       if
       :: !connected && alive[GUARD] && !supervisor_died -> connected = 1; told = UNKNOWN; queue!HELLO, 0, 0, 0
       :: else
       fi;
       ago[SUP] = 0;
       pc[SUP] = 2
     }
  :: d_step { /* it decides that there is a cause: cut first */
       IN_TURN(SUP, 2) && connected && told != PRESENT && len(queue) < 4 ->
       if
       :: state == RUNNING ->
          ROW(supervisor_cuts);
          if
          :: pending -> ROW(cut_while_a_start_waits)
          :: else
          fi;
          cut(); demand_safe()
       :: else
       fi;
       pc[SUP] = 3
     }
     /* then in words, and a permit because it has looked at everything */
  :: d_step { IN_TURN(SUP, 3) && connected -> queue!REPORT, PRESENT, 0, 0; told = PRESENT; permit() }
  :: d_step { IN_TURN(SUP, 3) && !connected -> pc[SUP] = 0 }
  :: d_step { IN_TURN(SUP, 2) && connected && told != CLEAR && len(queue) < 4 -> queue!REPORT, CLEAR, 0, 0; told = CLEAR; permit() }
  :: d_step { IN_TURN(SUP, 2) && (!connected || told != UNKNOWN || len(queue) >= 4) -> permit() }
     /* an operator says something, or not; what makes no sense at all latch.pml has looked at */
  :: d_step { MAY_SAY && state == TRIPPED && !acknowledged -> say(ACKNOWLEDGE_WORD) }
  :: d_step { MAY_SAY && state == TRIPPED && acknowledged -> say(RESET_WORD) }
  :: d_step { MAY_SAY && state == READY -> say(START_WORD) }
  :: d_step { IN_TURN(SUP, 4) -> pc[SUP] = 0 }
  od
}

/* --- the guard ---------------------------------------------------------------------------------------------- */
inline obey() {
  words_fall_behind();
  queue?kind, what, named, n;
  if
  :: kind == HELLO ->
     heard = 0; sent_ago = 0;
     TELL(("> connection\n")); STANDS;
#ifndef BREAK_FORGETS_WHAT_IT_TOLD
     if
     :: known_epoch < 0 ->
        /* The guard before this one told of a trip and ended before it was on disk. */
        ROW(supervisor_remembers_a_trip);
        old = known_epoch;
        known_epoch = 0; guard_stop(INSIDE, UNCLEAN_END); known_epoch = 0;
        TELL(("> raise_epoch\n")); STANDS
     :: else
     fi;
     old = 0;
#endif
     assert(known_epoch >= 0); /* the epoch only grows */
     greeted = 1;
     TELL(("> forget %d\n", PLANT));
     forget(PLANT);
     STANDS
  :: kind == PERMIT_MESSAGE ->
#ifdef BREAK_PERMIT_BY_ARRIVAL
     heard = 1; sent_ago = 0
#else
     if
     :: n < PERMIT && (!heard || n < sent_ago) -> TELL(("> permit %d 1\n", n)); heard = 1; sent_ago = n
     :: else -> ROW(permit_refused); TELL(("> permit %d 0\n", n))
     fi;
     STANDS
#endif
  :: kind == REPORT -> guard_raise(PLANT, what, LINK_LOST)
  :: kind == WORD && what == STOP_WORD -> guard_stop(INSIDE, OPERATOR_COMMAND)
#ifndef BREAK_OLD_WORDS
  :: kind == WORD && what != STOP_WORD && n >= PERMIT -> ROW(word_is_stale)
#endif
  :: kind == WORD && what == ACKNOWLEDGE_WORD ->
     TELL(("> acknowledge %d\n", named));
     acknowledge(named);
     STANDS;
     if
     :: refusal == 0 -> persist()
     :: else
     fi
  :: kind == WORD && what == RESET_WORD ->
     TELL(("> reset %d\n", named));
     reset(named);
     STANDS;
     if
     :: refusal == 0 -> assert(grant == 0); grant = 1; persist()
     :: else
     fi
  :: kind == WORD && what == START_WORD ->
     TELL(("> start %d\n", named));
     old = (heard && sent_ago < PERMIT -> 0 : NO_PERMIT);
     start(named, old);
     old = 0;
     STANDS;
     if
     :: refusal == 0 ->
        assert(n < PERMIT);
        assert(grant == 1); /* S3, S4: a trip lies before no start without a reset between them */
        grant = 2; revoked = 0;
        if
        :: alive[SUP] && alive[CUT] && alive[CUT + 1] -> due = 0
        :: else
        fi;
        persist(); pending = 1;
#ifndef BREAK_ARMS_WHAT_IT_FINDS
        seen_is_word = 1
#endif
     :: else
     fi
  fi;
  refusal = 0; kind = 0; what = 0; named = 0; n = 0
}

inline look_at(i) {
  if
  :: !alive[CUT + i] && src[CUTTER + i].standing != PRESENT ->
     ROW(cutter_died);
     cut_first(); cut_mask(1); serving = 1 - i;
     guard_raise(CUTTER + i, PRESENT, GUARD_LOST)
#ifndef BREAK_NO_CUTTER_HEARTBEAT
  :: alive[CUT + i] && ago[CUT + i] >= HEARTBEAT && src[CUTTER + i].standing != UNKNOWN ->
     ROW(cutter_silent);
#ifndef BREAK_NO_FENCE
     kill(CUT + i);
#endif
     serving = 1 - i;
     cut_first(); cut_mask(1);
     guard_raise(CUTTER + i, PRESENT, GUARD_LOST)
#endif
#ifndef BREAK_NO_SECOND_CUT
  :: gone[i] && state != RUNNING ->
     ROW(cut_again_after_the_fence); /* between the signal and its end it may have carried out an old order */
     gone[i] = 0; cut_mask(1)
#endif
  :: !alive[CUT + i] && src[CUTTER + i].standing == PRESENT && !gone[i] -> ROW(cutter_restarted); cutter_begins(i)
  :: alive[CUT + i] && !doomed[CUT + i] && src[CUTTER + i].standing != CLEAR && ago[CUT + i] < HEARTBEAT ->
     guard_raise(CUTTER + i, CLEAR, 0)
  :: else
  fi
}

proctype Guard() {
  do
  :: d_step { /* its own gap before it reads anything */
       IN_TURN(GUARD, 1) ->
       TELL(("> turn %d %d\n", GUARD, ago[GUARD] > HEARTBEAT));
       if
       :: ago[GUARD] > HEARTBEAT && state != TRIPPED -> BEHIND_THE_OTHERS; guard_stop(INSIDE, LOOP_OVERRUN)
       :: else
       fi;
       ago[GUARD] = 0;
       pc[GUARD] = 2
     }
  :: d_step { IN_TURN(GUARD, 2) && len(queue) > 0 -> obey() }
  :: d_step {
       IN_TURN(GUARD, 2) && len(queue) == 0 ->
       words_behind = 0;
       if
       :: (connected && !alive[SUP]) || supervisor_died ->
          ROW(supervisor_gone); supervisor_died = 0; supervisor_left()
       :: else
       fi;
       if
       :: connected && heard && sent_ago < PERMIT && src[SUPERVISOR].standing != CLEAR -> guard_raise(SUPERVISOR, CLEAR, 0)
       :: connected && heard && sent_ago >= PERMIT && src[SUPERVISOR].standing != PRESENT ->
          ROW(permit_missing); guard_raise(SUPERVISOR, PRESENT, SUPERVISOR_LOST)
       :: else
       fi;
       pc[GUARD] = 4
     }
  :: d_step {
       IN_TURN(GUARD, 4) ->
       look_at(0); look_at(1);
       /* and tells how things stand */
       if
       :: greeted -> known_epoch = 0; untold = 0
       :: else
       fi;
       pc[GUARD] = 6
     }
  :: d_step { /* somebody cut: that counts at once, the blame waits */
       IN_TURN(GUARD, 6) ->
       if
       :: state != RUNNING || pending -> unexplained = 0
       :: else ->
          if
          :: wish && !armed_is_word ->
             ROW(cut_by_other);
             cut_first();
             if
             :: unexplained == 0 -> unexplained = 1
             :: else
             fi
          :: else
          fi;
          if
          :: unexplained > 1 -> ROW(cut_unexplained); unexplained = 0; guard_stop(SUPERVISOR, SOFTWARE_ERROR)
          :: else
          fi
       fi;
       pc[GUARD] = 7
     }
  :: d_step { /* a start that waited for the disk */
       IN_TURN(GUARD, 7) ->
       if
#ifdef BREAK_ENERGISES_BEFORE_WRITING
       :: !pending -> pc[GUARD] = 0
       :: pending && state == RUNNING && sent_ago < PERMIT -> pc[GUARD] = 8
#else
       :: !pending || !tried -> pc[GUARD] = 0
       :: pending && tried && unwritten -> ROW(latch_not_written); guard_ease(); pc[GUARD] = 0
       :: pending && tried && !unwritten && heard && sent_ago < PERMIT -> pc[GUARD] = 8
#endif
       :: else -> ROW(permit_ended_while_writing); pending = 0; guard_stop(INSIDE, SOFTWARE_ERROR); pc[GUARD] = 0
       fi
     }
  :: d_step { /* arms: what it will be first, then the exchange */
       IN_TURN(GUARD, 8) ->
#ifdef BREAK_ARMS_WHAT_IT_FINDS
       seen_is_word = 1;
#endif
       armed_is_word = 0; run_wish = 1;
       pc[GUARD] = 9
     }
  :: d_step {
       IN_TURN(GUARD, 9) ->
       pending = 0;
       if
#ifdef BREAK_PLAIN_STORE
       :: true ->
#else
       :: !seen_is_word ->
          ROW(cut_wins_over_arming); run_wish = 0; cut_mask(1); guard_stop(INSIDE, SOFTWARE_ERROR); pc[GUARD] = 0
       :: else ->
#endif
          word_changes(); armed_is_word = 1; guard_armed = 1; wish = 1;
          pc[GUARD] = 10
       fi;
       seen_is_word = 0
     }
  :: d_step {
       IN_TURN(GUARD, 10) ->
       ROW(energises);
       line_to(1);
       pc[GUARD] = 11
     }
  :: d_step { /* a cut between arming and setting wins too */
       IN_TURN(GUARD, 11) ->
       if
       :: !armed_is_word -> ROW(cut_wins_over_setting); cut_mask(1); guard_stop(INSIDE, SOFTWARE_ERROR)
       :: else -> ROW(running_and_energised)
       fi;
       pc[GUARD] = 0
     }
  :: d_step { /* the thread that waits for the supervisor's death cuts in one hop */
       RUNS(GUARD) && connected && !alive[SUP] && !supervisor_died ->
       cut(); supervisor_died = 1
     }
  :: d_step { /* the thread that writes the latch: the disk may take any time, and may refuse */
       RUNS(GUARD) && unwritten ->
       TELL(("> written\n"));
       disk_state = state; disk_acknowledged = acknowledged; disk_epoch = 0; untold = 0;
       unwritten = 0; tried = 1
     }
  :: d_step { RUNS(GUARD) && unwritten && !tried && VICTIM != CUT -> tried = 1 }
  od
}

/* --- a cutter ----------------------------------------------------------------------------------------------- */
inline guard_is_lost(i) {
  ROW(guard_lost);
  lost[i] = 1;
  line_to(0);
  cut();
  revoke(1)
}
#define OTHER_HAS_DONE(i) (told_is_word[1 - i] && told_safe[1 - i])
#define EVERYTHING_SAFE ((told_is_word[0] && told_safe[0]) || (told_is_word[1] && told_safe[1]))
#define NOW_RUN(i) (!lost[i] && WANTS_RUN)
#define ANSWERED(i) (done[i] && done_is_word[i] && done_run[i] == NOW_RUN(i))
/* The output's thread has something to do. */
#define SERVES(i) ((serving == i && !ANSWERED(i)) || \
                   (serving != i && !NOW_RUN(i) && !OTHER_HAS_DONE(i) && !ANSWERED(i) && patience[i] >= HEARTBEAT))

#ifdef PEER
#define MAY_GO(i) (lost[i] && at[i] == 0 && EVERYTHING_SAFE)
#else
#define MAY_GO(i) lost[i]
#endif

proctype Cutter(byte i) {
  do
  :: d_step { /* its own gap first, then the guard's heartbeat */
       IN_TURN(CUT + i, 1) ->
       TELL(("> turn %d %d\n", CUT + i, ago[CUT + i] > HEARTBEAT));
       if
       :: ago[CUT + i] > HEARTBEAT -> BEHIND_THE_OTHERS; cut()
       :: else
       fi;
       ago[CUT + i] = 0;
       if
#ifndef BREAK_NO_GUARD_HEARTBEAT
       :: !lost[i] && alive[GUARD] && ago[GUARD] >= HEARTBEAT -> ROW(guard_silent); guard_is_lost(i); pc[CUT + i] = 3
#endif
       :: lost[i] && !MAY_GO(i) ->
#ifndef BREAK_SAFE_ONCE
          line_to(0);
#endif
          pc[CUT + i] = 0
       :: MAY_GO(i) ->
#ifndef BREAK_SAFE_ONCE
          line_to(0);
#endif
          cutter_dies(i) /* in good order: a turn after the guard's end at the earliest */
       :: else -> pc[CUT + i] = 0
       fi
     }
  :: d_step { /* and fences it */
       RUNS(CUT + i) && pc[CUT + i] == 3 ->
#ifndef BREAK_NO_FENCE
       kill(GUARD);
#endif
#ifndef BREAK_SAFE_ONCE
       line_to(0);
#endif
       pc[CUT + i] = 0
     }
  :: d_step { RUNS(CUT + i) && !lost[i] && !alive[GUARD] -> guard_is_lost(i) } /* the lifeline's thread */
#ifdef PEER
  :: d_step {
       RUNS(CUT + i) && at[i] == 0 && SERVES(i) ->
       if
       :: serving != i -> ROW(standby_serves)
       :: else
       fi;
       look_run[i] = NOW_RUN(i); look_is_word[i] = 1;
       assert(!look_run[i] || guard_armed); /* only the guard energises */
       at[i] = 1
     }
  :: d_step { RUNS(CUT + i) && at[i] == 1 -> energised = look_run[i]; at[i] = 2 }
  :: d_step {
       RUNS(CUT + i) && at[i] == 2 ->
       done[i] = 1; done_is_word[i] = look_is_word[i]; done_run[i] = look_run[i];
       told_is_word[i] = look_is_word[i]; told_safe[i] = !look_run[i];
       look_run[i] = 0; look_is_word[i] = 0;
       at[i] = 0
     }
#endif
  od
}

/* --- the world ---------------------------------------------------------------------------------------------- */
#ifdef PEER
#define BUSY(i) (RUNS(CUT + i) && (pc[CUT + i] != 0 || at[i] != 0 || SERVES(i) || (!lost[i] && !alive[GUARD])))
#else
#define BUSY(i) (RUNS(CUT + i) && (pc[CUT + i] != 0 || (!lost[i] && !alive[GUARD])))
#endif
#define WELL (RUNS(SUP) && RUNS(GUARD) && RUNS(CUT) && RUNS(CUT + 1) && !doomed[GUARD] && !doomed[CUT] && \
              !doomed[CUT + 1] && !lost[0] && !lost[1] && !supervisor_died && src[SUPERVISOR].standing == CLEAR && \
              src[CUTTER].standing == CLEAR && src[CUTTER + 1].standing == CLEAR && \
              (ago[SUP] == 0 || (ago[SUP] == 1 && pc[SUP] == 1)) && ago[GUARD] < HEARTBEAT && ago[CUT] < HEARTBEAT && ago[CUT + 1] < HEARTBEAT)


inline begin_turn(p) {
  if
  :: alive[p] -> older(ago[p], LONGEST)
  :: else
  fi;
  if
  :: RUNS(p) -> pc[p] = 1
  :: else
  fi
}

/* The two cutters differ in nothing but who serves, so one of each is enough. */
#ifdef STANDBY
#define MAY_FAIL(i) (serving != i)
#else
#define MAY_FAIL(i) (serving == i)
#endif

inline fenced(i) {
#ifndef BREAK_NO_SECOND_CUT
  gone[i] = alive[GUARD]
#else
  skip
#endif
}

/* Whoever has to carry out the cut has just been stopped: its heartbeat's time runs, and then others do it. */
#define TIMING(p) (stopped[p] && ago[p] < HEARTBEAT)
/* Or a cutter that was fenced has just ended, and the guard cuts once more in its next turn. */
#define STILL(p) (stopped[p] && ago[p] >= HEARTBEAT)
#define TIMED (TIMING(GUARD) || TIMING(CUT) || TIMING(CUT + 1) || gone[0] || gone[1])

proctype World() {
  do
  :: d_step { /* time passes when everybody who lives has had a turn */
       (!RUNS(SUP) || pc[SUP] == 0) && (!RUNS(GUARD) || (pc[GUARD] == 0 && (alive[SUP] || !connected || supervisor_died))) &&
       !BUSY(0) && !BUSY(1) && !doomed[GUARD] && !doomed[CUT] && !doomed[CUT + 1] ->
       /* S2: safe within the bound */
       assert(!(energised && due > BOUND && !TIMED));
       assert(!(energised && (stopped[SUP] && ago[SUP] >= PERMIT || STILL(GUARD) || STILL(CUT) || STILL(CUT + 1))));
       /* S3, S4 */
       assert(!(energised && grant != 2 && revoked >= BOUND && !TIMED));
       if
       :: energised -> ROW(time_passes_energised)
       :: due > BOUND -> ROW(bound_has_passed)
       :: else
       fi;
       /* What is safe and was not started again has done what was demanded. */
       if
       :: !energised && grant != 2 -> due = 0; revoked = BOUND
       :: else ->
          if
          :: TIMED -> ROW(cut_waits_for_a_heartbeat)
          :: else ->
             if
             :: due > 0 -> older(due, BOUND + 1)
             :: else
             fi;
             older(revoked, BOUND)
          fi
       fi;
       begin_turn(SUP); begin_turn(GUARD); begin_turn(CUT); begin_turn(CUT + 1);
       all_ages_grow();
       older(sent_ago, PERMIT);
       TELL(("> tick\n")); STANDS;
       if
       :: unexplained > 0 -> older(unexplained, 2)
       :: else
       fi;
       for (n : 0 .. 1) {
#ifdef PEER
         if
         :: alive[CUT + n] && serving != n && !NOW_RUN(n) && !OTHER_HAS_DONE(n) -> older(patience[n], HEARTBEAT)
         :: else
         fi
#else
         skip
#endif
       }
       for (victim : 1 .. len(queue)) {
         queue?kind, what, named, n;
         older(n, PERMIT);
         queue!kind, what, named, n
       }
       kind = 0; what = 0; named = 0; n = 0; victim = 0
     }
     /* killed by the fence: the signal arrives */
  :: d_step { doomed[GUARD] -> guard_dies() }
  :: d_step { doomed[CUT] -> cutter_dies(0); fenced(0) }
  :: d_step { doomed[CUT + 1] -> cutter_dies(1); fenced(1) }
     /* one failure at a time */
  :: d_step { WELL && VICTIM == SUP -> ROW(supervisor_killed); alive[SUP] = 0; pc[SUP] = 0; ago[SUP] = 0; told = UNKNOWN; fails() }
  :: d_step { WELL && VICTIM == GUARD -> ROW(guard_killed); guard_dies(); fails() }
  :: d_step { WELL && VICTIM == CUT && MAY_FAIL(0) -> ROW(cutter_1_killed); cutter_dies(0); fails() }
  :: d_step { WELL && VICTIM == CUT && MAY_FAIL(1) -> ROW(cutter_2_killed); cutter_dies(1); fails() }
  :: d_step { WELL && VICTIM == SUP -> ROW(supervisor_stopped); stopped[SUP] = 1 }
  :: d_step { WELL && VICTIM == GUARD -> ROW(guard_stopped); stopped[GUARD] = 1 }
  :: d_step { WELL && VICTIM == CUT && MAY_FAIL(0) -> ROW(cutter_1_stopped); stopped[CUT] = 1 }
  :: d_step { WELL && VICTIM == CUT && MAY_FAIL(1) -> ROW(cutter_2_stopped); stopped[CUT + 1] = 1 }
     /* resumed, or started again */
  :: d_step { stopped[SUP] -> ROW(supervisor_resumed); stopped[SUP] = 0 }
  :: d_step { stopped[GUARD] -> ROW(guard_resumed); stopped[GUARD] = 0 }
  :: d_step { stopped[CUT] -> ROW(cutter_1_resumed); stopped[CUT] = 0 }
  :: d_step { stopped[CUT + 1] -> ROW(cutter_2_resumed); stopped[CUT + 1] = 0 }
  :: d_step { !alive[SUP] && !connected -> TELL(("> begins %d\n", SUP)); alive[SUP] = 1; told = UNKNOWN }
  :: d_step { /* a new guard, with new pages and new cutters, when the old ones are gone */
       !alive[GUARD] && !alive[CUT] && !alive[CUT + 1] ->
       alive[GUARD] = 1;
       for (scratch : 0 .. SOURCES - 1) {
         src[scratch].standing = UNKNOWN; src[scratch].code = 0; src[scratch].recorded = 0;
         src[scratch].unseen_end = 0; src[scratch].ago = SETTLE
       }
       scratch = 0;
       last_trip_ago = SETTLE;
       assert(!ran || disk_state == RUNNING); /* S3: it was written before anything was energised */
       ran = 0;
       state = disk_state; acknowledged = disk_acknowledged;
       known_epoch = (known_epoch - disk_epoch < -BEHIND -> -BEHIND : known_epoch - disk_epoch); disk_epoch = 0;
       TELL(("> boot\n"));
       boot_record();
       src[INSIDE].standing = CLEAR;
       STANDS;
       if
       :: state == TRIPPED -> revoke(0)
       :: else
       fi;
       persist();
       armed_is_word = 0; seen_is_word = 0; run_wish = 0; serving = 0; line_to(0);
       cutter_begins(0); cutter_begins(1);
       cut()
     }
  od
}

init {
  d_step {
    state = TRIPPED; disk_state = TRIPPED;
    last_trip_ago = 0;
    src[0].ago = SETTLE; src[1].ago = SETTLE; src[2].ago = SETTLE; src[3].ago = SETTLE; src[4].ago = SETTLE;
    src[INSIDE].standing = CLEAR;
    alive[0] = 1; alive[1] = 1; alive[2] = 1; alive[3] = 1;
    revoked = BOUND;
    TELL(("> boot_nothing %d %d\n", PERMIT, HEARTBEAT)); STANDS
  };
  atomic { run Supervisor(); run Guard(); run Cutter(0); run Cutter(1); run World() }
}
