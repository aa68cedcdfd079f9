#include "runtime/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "runtime/cpu.h"
#include "runtime/spin.h"

enum { most_threads = 256, cache_line = 64 };

/* `state` of a pool holds the number of the job, whether the job may be joined, and how many
 * workers joined it and have not left. A job ends when it is closed and nobody is in it: a worker
 * that wakes late finds it closed and touches nothing of it, so that nobody waits for a thread to
 * wake. */
enum { workers_mask = 0x1ff, open_bit = 0x200, job_step = 0x400 };

/* The part of a loop that one thread starts with. */
typedef struct {
  _Alignas(cache_line) _Atomic int64_t next;
  int64_t end;
} ts_part;

typedef struct {
  ts_pool* pool;
  int index; /* 1..threads-1: 0 is the thread that has the pool */
  pthread_t thread;
} ts_worker;

struct ts_pool {
  int threads;
  bool fits; /* there is a CPU for each thread */
  ts_part* parts;
  ts_worker* workers;
  atomic_bool taken;          /* by the thread whose job runs: the owner */
  _Atomic int64_t sleep_till; /* as ts_now has it: other programs want the CPUs, nobody spins */

  void (*body)(void* argument, int64_t i);
  void* argument;

  _Alignas(cache_line) _Atomic uint32_t state;
  atomic_int sleepers;      /* workers that wait for `work` */
  atomic_bool owner_sleeps; /* the owner waits for `left` */
  atomic_bool stop;
  pthread_mutex_t mutex;
  pthread_cond_t work, left;
};

/* Pools compete for the CPUs of the process, whoever opened them. */
static atomic_int open_pools; /* NOLINT(cppcoreguidelines-avoid-non-const-global-variables) */

static uint32_t job_of(uint32_t state) { return state / job_step; }

static bool may_spin(const ts_pool* pool) {
  return pool->fits && atomic_load_explicit(&open_pools, memory_order_relaxed) == 1 &&
         atomic_load_explicit(&pool->sleep_till, memory_order_relaxed) <= ts_now();
}

static void do_parts(ts_pool* pool, int first) {
  for (int k = 0; k < pool->threads; ++k) {
    ts_part* part = &pool->parts[(first + k) % pool->threads];
    while (atomic_load_explicit(&part->next, memory_order_relaxed) < part->end) {
      const int64_t i = atomic_fetch_add_explicit(&part->next, 1, memory_order_relaxed);
      if (i < part->end) pool->body(pool->argument, i);
    }
  }
}

/* ---- workers ---- */

typedef struct {
  const ts_pool* pool;
  uint32_t last_job; /* that this worker joined */
} ts_wait;

static bool is_work_there(const void* argument) {
  const ts_wait* wait = argument;
  const uint32_t state = atomic_load(&wait->pool->state);
  return ((state & open_bit) && job_of(state) != wait->last_job) || atomic_load(&wait->pool->stop);
}

static void sleep_until_work(ts_pool* pool, const ts_wait* wait, ts_contention* contention) {
  const int64_t start = ts_now();
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  while (!is_work_there(wait)) pthread_cond_wait(&pool->work, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
  contention->slept += ts_now() - start;
}

/* Joins the open job unless it is `*last_job` or was closed meanwhile. */
static bool join_job(ts_pool* pool, uint32_t* last_job) {
  uint32_t state = atomic_load(&pool->state);
  while ((state & open_bit) && job_of(state) != *last_job)
    if (atomic_compare_exchange_weak(&pool->state, &state, state + 1)) {
      *last_job = job_of(state);
      return true;
    }
  return false;
}

static void leave_job(ts_pool* pool) {
  const uint32_t before = atomic_fetch_sub(&pool->state, 1);
  const bool was_last = !(before & open_bit) && (before & workers_mask) == 1;
  if (!was_last || !atomic_load(&pool->owner_sleeps)) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_signal(&pool->left);
  pthread_mutex_unlock(&pool->mutex);
}

static void look_for_contention(ts_pool* pool, ts_contention* contention) {
  const int64_t rest = ts_advise_rest(contention);
  if (rest > 0) atomic_store_explicit(&pool->sleep_till, ts_now() + rest, memory_order_relaxed);
}

static void* run_worker(void* argument) {
  const ts_worker* worker = argument;
  ts_pool* pool = worker->pool;
  ts_contention contention = {0};
  ts_wait wait = {.pool = pool};
  while (!atomic_load(&pool->stop)) {
    if (join_job(pool, &wait.last_job)) {
      do_parts(pool, worker->index);
      leave_job(pool);
      look_for_contention(pool, &contention);
    } else if (!may_spin(pool) || !ts_spin(is_work_there, &wait)) {
      sleep_until_work(pool, &wait, &contention);
    }
  }
  return NULL;
}

/* ---- the owner of a job ---- */

static void share_out(ts_pool* pool, int64_t count) {
  const int64_t whole = count / pool->threads, rest = count % pool->threads;
  int64_t begin = 0;
  for (int i = 0; i < pool->threads; ++i) {
    const int64_t end = begin + whole + (i < rest);
    atomic_store_explicit(&pool->parts[i].next, begin, memory_order_relaxed);
    pool->parts[i].end = end;
    begin = end;
  }
}

static void wake_workers(ts_pool* pool, int64_t wanted) {
  const int sleepers = atomic_load(&pool->sleepers);
  if (sleepers == 0) return;
  pthread_mutex_lock(&pool->mutex);
  if (wanted >= sleepers)
    pthread_cond_broadcast(&pool->work);
  else
    for (int64_t i = 0; i < wanted; ++i) pthread_cond_signal(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
}

static bool is_empty(const void* argument) {
  const ts_pool* pool = argument;
  return (atomic_load(&pool->state) & workers_mask) == 0;
}

static void wait_for_workers(ts_pool* pool) {
  if (is_empty(pool) || (may_spin(pool) && ts_spin(is_empty, pool))) return;
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->owner_sleeps, true);
  while (!is_empty(pool)) pthread_cond_wait(&pool->left, &pool->mutex);
  atomic_store(&pool->owner_sleeps, false);
  pthread_mutex_unlock(&pool->mutex);
}

void ts_pool_for(ts_pool* pool, void (*body)(void* argument, int64_t i), void* argument,
                 int64_t count) {
  if (count < 2 || pool->threads == 1 || atomic_exchange(&pool->taken, true)) {
    for (int64_t i = 0; i < count; ++i) body(argument, i);
    return;
  }
  pool->body = body;
  pool->argument = argument;
  share_out(pool, count);
  const uint32_t job = job_of(atomic_load(&pool->state)) + 1;
  atomic_store(&pool->state, job * job_step + open_bit);
  wake_workers(pool, count - 1);
  do_parts(pool, 0);
  atomic_fetch_and(&pool->state, ~(uint32_t)open_bit);
  wait_for_workers(pool);
  atomic_store(&pool->taken, false);
}

/* ---- opening and closing ---- */

static void stop_workers(ts_pool* pool, int started) {
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stop, true);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int i = 0; i < started; ++i) pthread_join(pool->workers[i].thread, NULL);
}

/* Starts the workers with all signals blocked, which leaves signals to the program's threads. */
static bool start_workers(ts_pool* pool) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int started = 0;
  for (; started < pool->threads - 1; ++started) {
    ts_worker* worker = &pool->workers[started];
    *worker = (ts_worker){.pool = pool, .index = started + 1};
    if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0) break;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (started == pool->threads - 1) return true;
  stop_workers(pool, started);
  return false;
}

static void free_pool(ts_pool* pool) {
  pthread_cond_destroy(&pool->left);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool->parts);
  free(pool);
}

static ts_pool* make_pool(int threads) {
  ts_pool* pool = aligned_alloc(cache_line, sizeof *pool);
  if (pool == NULL) return NULL;
  *pool = (ts_pool){.threads = threads, .fits = threads <= ts_cpu_count()};
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->left, NULL);
  pool->parts = aligned_alloc(cache_line, (size_t)threads * sizeof *pool->parts);
  pool->workers = calloc((size_t)threads, sizeof *pool->workers);
  if (pool->parts != NULL && pool->workers != NULL) return pool;
  free_pool(pool);
  return NULL;
}

ts_status ts_pool_open(int threads, ts_pool** pool) {
  if (pool == NULL || threads < 0 || threads > most_threads) return TS_BAD_ARGUMENT;
  if (threads == 0) threads = ts_cpu_count() < most_threads ? ts_cpu_count() : most_threads;
  ts_pool* made = make_pool(threads);
  if (made == NULL) return TS_NO_MEMORY;
  if (!start_workers(made)) {
    free_pool(made);
    return TS_NO_MEMORY;
  }
  atomic_fetch_add(&open_pools, 1);
  *pool = made;
  return TS_OK;
}

int ts_pool_threads(const ts_pool* pool) { return pool ? pool->threads : 1; }

/* ---- the pool of the process ---- */

/* NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one for the process */
static pthread_mutex_t default_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(ts_pool*) default_pool;
/* NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables) */

ts_status ts_pool_default(ts_pool** pool) {
  if (pool == NULL) return TS_BAD_ARGUMENT;
  ts_status status = TS_OK;
  pthread_mutex_lock(&default_mutex);
  ts_pool* found = atomic_load(&default_pool);
  if (found == NULL) status = ts_pool_open(0, &found);
  if (status == TS_OK) atomic_store(&default_pool, found);
  pthread_mutex_unlock(&default_mutex);
  if (status == TS_OK) *pool = found;
  return status;
}

void ts_pool_close(ts_pool* pool) {
  if (pool == NULL || pool == atomic_load(&default_pool)) return;
  atomic_fetch_sub(&open_pools, 1);
  stop_workers(pool, pool->threads - 1);
  free_pool(pool);
}
