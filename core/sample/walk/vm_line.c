#include "sample/walk/vm_line.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/prototype.h"
#include "sample/walk/native_stack.h"

/* A function of Lua's ldebug.c, which is hidden from the dynamic table but
 * linked in: returns the line of an instruction. */
int luaG_getfuncline(const void *prototype, int instruction);

/* Where a CallInfo of a Lua function holds the saved position: the next
 * instruction, as it was at the last call or hook. The self-test would fail
 * with any other. */
enum { SAVED_OFFSET = 32 };

/* The memory that is read may be no object of Lua's at all. */
#define NO_SANITIZE __attribute__((no_sanitize("address", "undefined")))

/* The registers that survive calls, in which a compiler keeps what a loop needs
 * in each round. */
static const uint8_t candidates[] = {UNWIND_RBX, UNWIND_RBP, UNWIND_R12,
                                     UNWIND_R13, UNWIND_R14, UNWIND_R15};
enum { N_CANDIDATES = sizeof candidates / sizeof *candidates, NOT_FOUND = -1 };

/* What luaV_execute keeps in which register, as positions in `candidates`. */
static int state_register = NOT_FOUND;    /* its argument `L` */
static int frame_register = NOT_FOUND;    /* its argument `ci` */
static int position_register = NOT_FOUND; /* the next instruction */

/* The instructions of a function. */
struct code {
    const void *prototype;
    uintptr_t first, end;
};

/* Returns the code of the function that frame `ci` runs; first is 0 if it has
 * none. */
static struct code code_of(const void *ci)
{
    int n;
    const void *prototype = prototype_of_frame(ci);
    if (!prototype)
        return (struct code){NULL, 0, 0};
    uintptr_t first = (uintptr_t)prototype_code(prototype, &n);
    if (n <= 0)
        return (struct code){NULL, 0, 0};
    return (struct code){prototype, first,
                         first + (size_t)n * sizeof(uint32_t)};
}

NO_SANITIZE static uintptr_t saved_position(const void *ci)
{
    return *(const uintptr_t *)((const char *)ci + SAVED_OFFSET);
}

bool vm_line_is_settled(const void *ci)
{
    struct code code = code_of(ci);
    uintptr_t saved = saved_position(ci);
    return code.first && saved >= code.first && saved <= code.end;
}

/* Returns the line of the instruction before `next`, or -1 if `next` does not
 * point into the code. Before the first instruction it is the line in which the
 * function begins, as in lua_getinfo. */
static int line_before(const struct code *code, uintptr_t next)
{
    if (next < code->first || next > code->end || next % sizeof(uint32_t) != 0)
        return -1;
    return luaG_getfuncline(code->prototype,
                            (int)((next - code->first) / sizeof(uint32_t)) - 1);
}

/* Returns the value that this candidate has in the frame, or 0. */
static uintptr_t candidate(const struct unwind_cursor *vm, int i)
{
    return vm->known >> candidates[i] & 1 ? vm->registers[candidates[i]] : 0;
}

/* Returns the line by this candidate, or -1 if it is no position. While an
 * instruction runs, the position is that of the next one, so it is never that
 * of the first. */
static int line_by(const struct code *code, const struct unwind_cursor *vm,
                   int i)
{
    uintptr_t next = candidate(vm, i);
    return next == code->first ? -1 : line_before(code, next);
}

/* Returns the line by luaV_execute's registers, or -1. For a stretch of code
 * the compiler may keep the position in another register than elsewhere (in
 * Debian's build: while a table is made); a register that points into the
 * function's code is then the position. */
static int line_by_registers(const struct code *code,
                             const struct unwind_cursor *vm)
{
    int line = line_by(code, vm, position_register);
    for (int i = 0; i < N_CANDIDATES && line < 0; i++)
        if (i != position_register && i != frame_register)
            line = line_by(code, vm, i);
    return line;
}

/* Returns the line by a position that the compiler keeps in luaV_execute's
 * frame in memory, while a stretch of code needs all registers (in Debian's
 * build: the loop that fills a table's array part). Returns -1 if not one word
 * of the frame can be the position, or if several can. */
NO_SANITIZE static int line_by_memory(const struct code *code,
                                      const struct unwind_cursor *vm)
{
    struct unwind_cursor caller = *vm;
    if (unwind_step(&caller) != UNWIND_STEPPED)
        return -1;
    uintptr_t found = 0;
    for (uintptr_t at = vm->registers[UNWIND_RSP];
         at < caller.registers[UNWIND_RSP]; at += sizeof(uintptr_t)) {
        uintptr_t word = *(const volatile uintptr_t *)at;
        if (word == found || word == code->first || line_before(code, word) < 0)
            continue;
        if (found != 0)
            return -1;
        found = word;
    }
    return line_before(code, found);
}

int vm_line_at(const lua_State *L, const void *ci,
               const struct unwind_cursor *vm)
{
    if (!vm || !vm_line_is_exact() || !vm_line_is_settled(ci))
        return -1;
    struct code code = code_of(ci);
    int line = -1;
    if (candidate(vm, frame_register) == (uintptr_t)ci)
        line = line_by_registers(&code, vm);
    else if (candidate(vm, state_register) != (uintptr_t)(const void *)L)
        return line_by_memory(&code, vm);
    return line >= 0 ? line : line_before(&code, saved_position(ci));
}

bool vm_line_is_exact(void) { return position_register != NOT_FOUND; }

/* The self-test runs two loops while signals come. In the first one the
 * interpreter does all the work itself, which shows the registers. In the
 * second one it calls functions of the core, each from one line only, which
 * proves that the unwinder restores the registers. */

enum { FIRST_LINE = 2, LAST_LINE = 9, WANTED = 64 };
static const int64_t LIMIT_NS = 1000000000; /* of the thread's CPU time */
enum { PERIOD_NS = 50000 };                 /* from signal to signal */

static const char plain_code[] = "local a, n = 1, ...\n"
                                 "for i = 1, n do\n"
                                 "  a = a + i\n"
                                 "  a = a ~ 5\n"
                                 "  a = a * 3\n"
                                 "  a = a - i\n"
                                 "  a = a & 65535\n"
                                 "  a = a | 1\n"
                                 "end return a\n";

static const char calling_code[] = "local s, t, n = 'x', {}, ...\n"
                                   "for i = 1, n do\n"
                                   "  s = 'x' .. i\n"
                                   "  i = i + 1\n"
                                   "  t = { i, i }\n"
                                   "  i = i + 1\n"
                                   "end return s\n";

static const struct {
    const char *function;
    int line;
} known_callees[] = {
    {"luaV_concat", 3},
    {"luaH_new", 5},
    {"luaH_resize", 5},
};

struct probe {
    lua_State *L;
    const struct native_stack *stack;
    int state_hits[N_CANDIDATES], frame_hits[N_CANDIDATES];
    int position_hits[N_CANDIDATES];
    int n;                /* signals in luaV_execute itself */
    int n_calls, n_right; /* in a known callee; the line was found */
};
static struct probe probe;
static timer_t timer;

/* Each signal asks for the next one. With a fixed interval, a machine on which
 * a signal takes long would do nothing else. */
static void next_signal(void)
{
    const struct itimerspec spec = {.it_value.tv_nsec = PERIOD_NS};
    timer_settime(timer, 0, &spec, NULL);
}

/* Counts the registers that have the frame, and those that give a line of the
 * loop. */
static void judge_registers(struct probe *p, const void *ci)
{
    struct code code = code_of(ci);
    if (!code.first)
        return;
    p->n++;
    for (int i = 0; i < N_CANDIDATES; i++) {
        uintptr_t value = candidate(&p->stack->vm, i);
        int line = line_by(&code, &p->stack->vm, i);
        p->state_hits[i] += value == (uintptr_t)(const void *)p->L;
        p->frame_hits[i] += value == (uintptr_t)ci;
        p->position_hits[i] += line >= FIRST_LINE && line <= LAST_LINE;
    }
}

/* Checks the line in a function that luaV_execute called at a known one. */
static void judge_call(struct probe *p, const void *ci, const char *callee)
{
    for (size_t i = 0; i < sizeof known_callees / sizeof *known_callees; i++) {
        if (strcmp(callee, known_callees[i].function) != 0)
            continue;
        p->n_calls++;
        p->n_right +=
            vm_line_at(p->L, ci, &p->stack->vm) == known_callees[i].line;
    }
}

static void judge(void *ctx)
{
    struct probe *p = ctx;
    const struct native_stack *stack = p->stack;
    lua_Debug ar;
    if (!lua_getstack(p->L, 0, &ar) || !ar.i_ci)
        return;
    if (stack->vm_at == 0 && !vm_line_is_exact())
        judge_registers(p, ar.i_ci);
    else if (stack->vm_at > 0 && stack->vm_at < stack->n_inner &&
             vm_line_is_exact())
        judge_call(p, ar.i_ci, code_map_name(stack->pcs[stack->vm_at - 1]));
}

static void on_probe(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    uintptr_t pcs[16];
    struct native_stack stack = {.pcs = pcs, .max = sizeof pcs / sizeof *pcs};
    native_stack_capture(context, &stack);
    if (stack.has_vm) {
        probe.stack = &stack;
        fault_guard_run(judge, &probe);
    }
    next_signal();
}

/* Runs the code until *n is large enough. Returns false if it never is. */
static bool run_code(lua_State *L, const char *code, const int *n)
{
    if (luaL_loadstring(L, code) != LUA_OK)
        return false;
    int64_t end = clock_thread_ns() + LIMIT_NS;
    while (*(const volatile int *)n < WANTED && clock_thread_ns() < end) {
        lua_pushvalue(L, -1);
        lua_pushinteger(L, 5000);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            return false;
    }
    lua_settop(L, 0);
    return *n >= WANTED;
}

/* Starts the signals to the calling thread. Their timer runs by wall time: a
 * timer of CPU time would fire on the kernel's ticks only. */
static bool start_signals(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGPROF};
    event._sigev_un._tid = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return false;
    next_signal();
    return true;
}

/* Returns true if `hits` of `n` are enough: 95 %. */
static bool is_enough(int hits, int n) { return hits * 20 >= n * 19; }

/* Returns the candidate that was right often enough, or NOT_FOUND. */
static int best_candidate(const int *hits, int n)
{
    int best = 0;
    for (int i = 1; i < N_CANDIDATES; i++)
        if (hits[i] > hits[best])
            best = i;
    return is_enough(hits[best], n) ? best : NOT_FOUND;
}

/* Finds the registers, then proves that they are right in called functions. */
static void run_test(lua_State *L)
{
    if (!run_code(L, plain_code, &probe.n))
        return;
    state_register = best_candidate(probe.state_hits, probe.n);
    frame_register = best_candidate(probe.frame_hits, probe.n);
    int position = best_candidate(probe.position_hits, probe.n);
    if (state_register == NOT_FOUND || frame_register == NOT_FOUND ||
        position == NOT_FOUND)
        return;
    position_register = position;
    if (!run_code(L, calling_code, &probe.n_calls) ||
        !is_enough(probe.n_right, probe.n_calls))
        position_register = NOT_FOUND;
}

static void run_probed(lua_State *L)
{
    struct sigaction action = {.sa_sigaction = on_probe,
                               .sa_flags = SA_SIGINFO | SA_RESTART},
                     old;
    sigemptyset(&action.sa_mask);
    signals_take(SIGPROF, &action, &old);
    if (start_signals()) {
        run_test(L);
        timer_delete(timer);
    }
    /* A signal may still come, and SIG_DFL would end the process. */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    signals_take(SIGPROF, &action, NULL);
    if (old.sa_handler != SIG_DFL)
        sigaction(SIGPROF, &old, NULL);
}

bool vm_line_self_test(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return false;
    probe = (struct probe){.L = L};
    run_probed(L);
    lua_close(L);
    return vm_line_is_exact();
}
