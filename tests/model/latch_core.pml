/* The latch of src/kernel/latch.hpp, statement by statement; latch.pml and chain.pml include it.

   The includer defines SOURCES and SETTLE (ticks). Times are ages that stop growing where they stop to
   matter, so that the state space is finite. NEXT_EPOCH: how the includer counts. With SLIM what is only shown to
   people (codes, first-out) is left out: latch.pml has proved it, and chain.pml needs the states for other things.
   Each -D of the group BREAK_… is a fault on purpose that the properties must find. */

#define TRIPPED 0
#define READY 1
#define RUNNING 2

#define UNKNOWN 0
#define CLEAR 1
#define PRESENT 2
#define CLOSED 3

/* Refusals, with the numbers of kernel/latch.hpp. */
#define WRONG_EPOCH 1
#define WRONG_STATE 2
#define NOT_ACKNOWLEDGED 4
#define CAUSE_PRESENT 8
#define SOURCE_UNKNOWN 16
#define SETTLING 32
#define LINK_CLOSED 64
#define NO_PERMIT 256

/* Cause codes, with the numbers of kernel/cause.hpp. */
#define UNCLEAN_END 12
#define NO_RECORD 13

#define NO_SOURCE 255

#ifdef SLIM
#define SHOWN(statement) skip
#else
#define SHOWN(statement) statement
#endif

/* ROW(x): this row of the table, or the premise of this property, occurs. The search prints each once, and with
   TRAILS also writes the way to it; the stage fails when one of them is never printed. */
#ifdef TRACE
#define ROW(x) skip
#else
c_decl { int row_met[200]; }
#ifdef TRAILS
#define ROW(x) c_code { if (!readtrail && !row_met[__COUNTER__]++) uerror("reached " #x); }
#else
#define ROW(x) c_code { if (!readtrail && !row_met[__COUNTER__]++) printf("reached " #x "\n"); }
#endif
#endif

typedef Source {
  byte standing;
  byte code;
  byte ago; /* ticks since it was last seen present, at most SETTLE: settled */
  bit recorded;
  bit unseen_end
}
Source src[SOURCES];
byte state;
byte epoch;
bit acknowledged;
byte first_code;
byte first_source = NO_SOURCE;
bit first_present;
byte last_trip_ago = SETTLE;

/* Answers of the inlines below; zero between events, so that they make no states. */
short refusal;
bit tripped_now;
byte scratch;
bit was_present, same;

inline youngest(age, other) {
  if
  :: other < age -> age = other
  :: else
  fi
}

inline enter_tripped(code_, age_) {
  state = TRIPPED;
  NEXT_EPOCH;
  acknowledged = 0;
  SHOWN(first_code = code_);
  SHOWN(first_source = NO_SOURCE);
  SHOWN(first_present = 0);
  youngest(last_trip_ago, age_);
  for (scratch : 0 .. SOURCES - 1) {
    SHOWN(src[scratch].recorded = (src[scratch].standing == PRESENT))
  }
  scratch = 0
}

inline raise(source_, code_, present_, age_) {
  if
  :: state != TRIPPED ->
     if
     :: state == READY -> ROW(cause_ready_tripped)
     :: else -> ROW(cause_running_tripped)
     fi;
     tripped_now = 1;
     enter_tripped(code_, age_);
     SHOWN(first_source = source_);
     SHOWN(first_present = present_)
  :: else ->
     if
     :: acknowledged -> ROW(cause_clears_acknowledgement)
     :: else -> ROW(cause_tripped_tripped)
     fi;
#ifdef BREAK_FIRST_OUT
     first_code = code_;
#endif
  fi;
#ifndef BREAK_KEEPS_ACKNOWLEDGEMENT
  acknowledged = 0;
#endif
  youngest(last_trip_ago, age_);
  if
  :: source_ < SOURCES ->
     SHOWN(src[source_].code = code_);
     SHOWN(src[source_].recorded = 1)
  :: else -> ROW(cause_without_source)
  fi
}

inline report(source_, standing_, code_, age_) {
  if
  :: source_ >= SOURCES ->
     if
     :: standing_ == PRESENT -> raise(NO_SOURCE, code_, 0, age_)
     :: else
     fi
  :: else ->
     was_present = (src[source_].standing == PRESENT);
     if
     :: standing_ != PRESENT ->
        src[source_].standing = standing_;
        was_present = was_present || src[source_].unseen_end;
        src[source_].unseen_end = (was_present && standing_ == UNKNOWN);
        if
        :: was_present ->
           ROW(cause_ends);
           if
           :: src[source_].unseen_end -> ROW(cause_ends_unseen)
           :: else
           fi;
           youngest(src[source_].ago, age_)
        :: else
        fi;
        if
        :: first_source == source_ -> SHOWN(first_present = 0)
        :: else
        fi
     :: else ->
#ifdef SLIM
        same = was_present;
#else
        same = (was_present && src[source_].recorded && src[source_].code == code_);
#endif
        src[source_].standing = PRESENT;
        src[source_].unseen_end = 0;
        youngest(src[source_].ago, age_);
        if
        :: !same -> raise(source_, code_, 1, age_)
        :: else -> ROW(same_cause_again)
        fi;
        same = 0
     fi;
     was_present = 0
  fi
}

inline stop(source_, code_) {
  if
  :: source_ < SOURCES ->
     src[source_].ago = 0;
     raise(source_, code_, (src[source_].standing == PRESENT), 0)
  :: else -> raise(NO_SOURCE, code_, 0, 0)
  fi
}

inline forget(source_) {
  if
  :: src[source_].standing == PRESENT -> ROW(forget_keeps_present)
  :: else -> src[source_].standing = UNKNOWN
  fi
}

inline ease() {
  if
  :: state == RUNNING -> ROW(ease_running_ready); state = READY
  :: else -> ROW(ease_changes_nothing)
  fi
}

inline acknowledge(epoch_) {
  if
  :: epoch_ != epoch -> ROW(acknowledge_wrong_epoch); refusal = WRONG_EPOCH
  :: epoch_ == epoch && state != TRIPPED -> ROW(acknowledge_wrong_state); refusal = WRONG_STATE
  :: else -> ROW(acknowledge_done); acknowledged = 1
  fi
}

inline blockers() {
  for (scratch : 0 .. SOURCES - 1) {
    if
#ifndef BREAK_RESET_WHILE_PRESENT
    :: src[scratch].standing == PRESENT -> refusal = refusal | CAUSE_PRESENT
#endif
#ifndef BREAK_UNKNOWN_IS_FINE
    :: src[scratch].standing == UNKNOWN -> refusal = refusal | SOURCE_UNKNOWN
#endif
#ifndef BREAK_NO_SETTLING
    :: (src[scratch].standing == CLEAR || src[scratch].standing == CLOSED) && src[scratch].ago < SETTLE ->
       refusal = refusal | SETTLING
#endif
    :: else
    fi
  }
  scratch = 0;
  if
  :: state == TRIPPED && last_trip_ago < SETTLE -> refusal = refusal | SETTLING
  :: else
  fi
}

inline reset(epoch_) {
  if
  :: epoch_ != epoch -> ROW(reset_wrong_epoch); refusal = WRONG_EPOCH
  :: epoch_ == epoch && state != TRIPPED -> ROW(reset_wrong_state); refusal = WRONG_STATE
  :: else ->
     blockers();
     if
     :: refusal & CAUSE_PRESENT -> ROW(reset_cause_present)
     :: else
     fi;
     if
     :: refusal & SOURCE_UNKNOWN -> ROW(reset_source_unknown)
     :: else
     fi;
     if
     :: refusal & SETTLING -> ROW(reset_settling)
     :: else
     fi;
#ifndef BREAK_RESET_WITHOUT_ACKNOWLEDGEMENT
     if
     :: !acknowledged -> ROW(reset_not_acknowledged); refusal = refusal | NOT_ACKNOWLEDGED
     :: else
     fi;
#endif
     if
     :: refusal == 0 -> ROW(reset_done); state = READY
     :: else
     fi
  fi
}

inline start(epoch_, more_) {
  if
#ifndef BREAK_ANY_EPOCH
  :: epoch_ != epoch -> ROW(start_wrong_epoch); refusal = WRONG_EPOCH
#endif
#ifndef BREAK_START_FROM_TRIPPED
  :: epoch_ == epoch && state != READY -> ROW(start_wrong_state); refusal = WRONG_STATE
#endif
  :: else ->
     refusal = more_;
     if
     :: refusal & NO_PERMIT -> ROW(start_no_permit)
     :: else
     fi;
     for (scratch : 0 .. SOURCES - 1) {
       if
       :: src[scratch].standing == CLOSED -> ROW(start_link_closed); refusal = refusal | LINK_CLOSED
       :: else
       fi
     }
     scratch = 0;
     blockers();
     if
     :: refusal & SOURCE_UNKNOWN -> ROW(start_source_unknown)
     :: else
     fi;
     if
     :: refusal == 0 -> ROW(start_done); state = RUNNING
     :: else
     fi
  fi
}

/* A record was read: its state, epoch, acknowledgement and first-out are in the variables already. */
inline boot_record() {
  SHOWN(first_present = 0);
  SHOWN(first_source = NO_SOURCE);
#ifndef BREAK_BOOT_GOES_ON
  if
  :: state == RUNNING -> ROW(boot_running); enter_tripped(UNCLEAN_END, 0)
  :: state == READY -> ROW(boot_ready)
  :: state == TRIPPED -> ROW(boot_tripped); last_trip_ago = 0
  fi
#endif
}

inline boot_nothing() {
  ROW(boot_nothing);
  epoch = 0;
  enter_tripped(NO_RECORD, 0)
}

inline all_ages_grow() {
  for (scratch : 0 .. SOURCES - 1) {
    if
    :: src[scratch].ago < SETTLE -> src[scratch].ago++
    :: else
    fi
  }
  scratch = 0;
  if
  :: last_trip_ago < SETTLE -> last_trip_ago++
  :: else
  fi
}
