#include "sample/walk/vm_line.h"

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "sample/platform/code_map.h"
#include "sample/platform/fault_guard.h"

/* A function of Lua's ldebug.c, which is hidden from the dynamic table but
 * linked in: returns the line of an instruction. */
int luaG_getfuncline(const void *prototype, int instruction);

/* The parts that are read here of Lua's Proto, LClosure and CallInfo, with the
 * value that it points to, in Lua 5.4.0 to 5.4.6. */
struct peeked_prototype {
    unsigned char before[24];
    int n_code;
    unsigned char between[36];
    const uint32_t *code;
};

struct peeked_lua_closure {
    unsigned char before[24];
    const struct peeked_prototype *prototype;
};

struct peeked_frame {
    const struct {
        const struct peeked_lua_closure *closure;
        unsigned char tag;
    } * function;
    const void *between[3];
    uintptr_t saved; /* the next instruction, as it was at the last call or
                        hook */
};

enum { TAG_LUA_CLOSURE = 0x40 | LUA_TFUNCTION };

/* The callee-saved registers. Such a register still has luaV_execute's value
 * while a function that luaV_execute called has not used it. */
static const int candidates[] = {REG_RBX, REG_RBP, REG_R12,
                                 REG_R13, REG_R14, REG_R15};
enum { N_CANDIDATES = sizeof candidates / sizeof *candidates };

static int position_register = -1; /* an index of gregs; -1: not found */

static bool is_aligned(const void *p)
{
    return (uintptr_t)p % sizeof(void *) == 0;
}

/* Returns the prototype of the Lua closure that the frame runs, or NULL if a
 * pointer on the way is not aligned, as all of Lua's are. A signal may find the
 * frame's value half written, with the tag of a closure and an old number in
 * place of the pointer. Most such pointers fault, and fault_guard ends the
 * read; UBSan reports an unaligned one before it faults. */
static const struct peeked_prototype *
prototype_of(const struct peeked_frame *frame)
{
    const struct peeked_lua_closure *closure = frame->function->closure;
    if (!is_aligned(closure) || !is_aligned(closure->prototype))
        return NULL;
    return closure->prototype;
}

bool vm_line_is_settled(const void *ci)
{
    const struct peeked_frame *frame = ci;
    if (frame->function->tag != TAG_LUA_CLOSURE)
        return true;
    const struct peeked_prototype *p = prototype_of(frame);
    if (!p)
        return false;
    uintptr_t first = (uintptr_t)p->code;
    return p->n_code > 0 && frame->saved >= first &&
           frame->saved <= first + (size_t)p->n_code * sizeof *p->code;
}

/* Returns the line by this register, or -1 if the register does not point into
 * the function's code. */
static int line_by(const void *ci, const ucontext_t *context, int reg)
{
    const struct peeked_frame *frame = ci;
    if (frame->function->tag != TAG_LUA_CLOSURE)
        return -1;
    const struct peeked_prototype *p = prototype_of(frame);
    if (!p)
        return -1;
    uintptr_t next = (uintptr_t)context->uc_mcontext.gregs[reg];
    uintptr_t first = (uintptr_t)p->code;
    /* The register points to the instruction after the one that runs. */
    if (p->n_code <= 0 || next <= first ||
        next > first + (size_t)p->n_code * sizeof *p->code ||
        next % sizeof *p->code != 0)
        return -1;
    return luaG_getfuncline(p, (int)((next - first) / sizeof *p->code) - 1);
}

int vm_line_at(const void *ci, const void *ucontext)
{
    return position_register < 0 ? -1
                                 : line_by(ci, ucontext, position_register);
}

bool vm_line_is_exact(void) { return position_register >= 0; }

/* The self-test runs a loop of lines 2 to 9 while signals come, and counts for
 * each register how often it gives one of these lines. */

enum { FIRST_LINE = 2, LAST_LINE = 9, WANTED = 64 };
static const int64_t LIMIT_NS = 1000000000; /* of the thread's CPU time */
enum { PERIOD_NS = 50000 };                 /* from signal to signal */

static const char known_code[] = "local a, n = 1, ...\n"
                                 "for i = 1, n do\n"
                                 "  a = a + i\n"
                                 "  a = a ~ 5\n"
                                 "  a = a * 3\n"
                                 "  a = a - i\n"
                                 "  a = a & 65535\n"
                                 "  a = a | 1\n"
                                 "end return a\n";

struct probe {
    lua_State *L;
    const ucontext_t *context;
    int hits[N_CANDIDATES];
    int n;
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

/* Counts the registers that give a line of the loop. */
static void judge_registers(void *ctx)
{
    struct probe *p = ctx;
    lua_Debug ar;
    if (!lua_getstack(p->L, 0, &ar) || !ar.i_ci)
        return;
    p->n++;
    for (int i = 0; i < N_CANDIDATES; i++) {
        int line = line_by(ar.i_ci, p->context, candidates[i]);
        p->hits[i] += line >= FIRST_LINE && line <= LAST_LINE;
    }
}

static void on_probe(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    const ucontext_t *c = context;
    uintptr_t pc = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
    if (code_map_kind(pc) == CODE_VM) {
        probe.context = c;
        fault_guard_run(judge_registers, &probe);
    }
    next_signal();
}

static bool run_known_code(lua_State *L)
{
    int64_t end = clock_thread_ns() + LIMIT_NS;
    while (probe.n < WANTED && clock_thread_ns() < end) {
        lua_pushvalue(L, -1);
        lua_pushinteger(L, 20000);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK)
            return false;
    }
    return probe.n >= WANTED;
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

static bool run_probed(lua_State *L)
{
    struct sigaction action = {.sa_sigaction = on_probe,
                               .sa_flags = SA_SIGINFO | SA_RESTART},
                     old;
    sigemptyset(&action.sa_mask);
    signals_take(SIGPROF, &action, &old);
    bool started = start_signals();
    bool ran = started && run_known_code(L);
    if (started)
        timer_delete(timer);
    /* A signal may still come, and SIG_DFL would end the process. */
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    signals_take(SIGPROF, &action, NULL);
    if (old.sa_handler != SIG_DFL)
        sigaction(SIGPROF, &old, NULL);
    return ran;
}

bool vm_line_self_test(void)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return false;
    probe = (struct probe){.L = L};
    bool ran = luaL_loadstring(L, known_code) == LUA_OK && run_probed(L);
    lua_close(L);
    for (int i = 0; ran && i < N_CANDIDATES; i++)
        if (probe.hits[i] * 20 >= probe.n * 19) /* 95 % */
            position_register = candidates[i];
    return vm_line_is_exact();
}
