/* unwind.c -- tests of sample/walk/unwind.c and native_stack.c, beside
 * libunwind's careful unw_step. */
#define UNW_LOCAL_ONLY
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <libunwind.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <zlib.h>

#include "sample/platform/fault_guard.h"
#include "sample/platform/loaded_objects.h"
#include "sample/walk/native_stack.h"
#include "sample/walk/unwind.h"

enum { WANTED = 3000, MAX_DEPTH = 64 };

static volatile sig_atomic_t n_compared, n_different, n_in_signal;
static char difference[200];

/* The registers that both know, by libunwind's numbers. */
static const struct {
    int dwarf, libunwind;
    const char *name;
} registers[] = {
    {UNWIND_RBX, UNW_X86_64_RBX, "rbx"}, {UNWIND_RBP, UNW_X86_64_RBP, "rbp"},
    {UNWIND_RSP, UNW_X86_64_RSP, "rsp"}, {UNWIND_R12, UNW_X86_64_R12, "r12"},
    {UNWIND_R13, UNW_X86_64_R13, "r13"}, {UNWIND_R14, UNW_X86_64_R14, "r14"},
    {UNWIND_R15, UNW_X86_64_R15, "r15"},
};

static void differ(int depth, const char *what, uintptr_t ours,
                   uintptr_t theirs)
{
    if (n_different++ == 0)
        snprintf(difference, sizeof difference,
                 "frame %d: %s is %#lx, libunwind has %#lx", depth, what,
                 (unsigned long)ours, (unsigned long)theirs);
}

static void compare_frame(int depth, const struct unwind_cursor *ours,
                          unw_cursor_t *theirs)
{
    unw_word_t value;
    unw_get_reg(theirs, UNW_REG_IP, &value);
    if (value != ours->pc)
        differ(depth, "pc", ours->pc, value);
    for (size_t i = 0; i < sizeof registers / sizeof *registers; i++) {
        if (!(ours->known >> registers[i].dwarf & 1))
            continue;
        unw_get_reg(theirs, registers[i].libunwind, &value);
        if (value != ours->registers[registers[i].dwarf])
            differ(depth, registers[i].name,
                   ours->registers[registers[i].dwarf], value);
    }
}

/* Goes up both stacks. Returns the number of frames. */
static int compare_stacks(void *ucontext)
{
    struct unwind_cursor ours;
    unw_cursor_t theirs;
    unwind_from_signal(&ours, ucontext);
    unw_init_local2(&theirs, ucontext, UNW_INIT_SIGNAL_FRAME);
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
        compare_frame(depth, &ours, &theirs);
        if (n_different > 0)
            return depth;
        int more = unw_step(&theirs);
        enum unwind_result result = unwind_step(&ours);
        if ((more > 0) != (result == UNWIND_STEPPED)) {
            /* libunwind ends at a pc of 0, which it counts as a frame. */
            unw_word_t pc = 1;
            if (more > 0)
                unw_get_reg(&theirs, UNW_REG_IP, &pc);
            if (pc != 0)
                differ(depth, "the result of a step", result, (uintptr_t)more);
        }
        if (result != UNWIND_STEPPED)
            return depth;
    }
    return MAX_DEPTH;
}

static void on_tick(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)info;
    compare_stacks(ucontext);
    n_compared++;
}

static int by_text(const void *a, const void *b)
{
    char x[40], y[40];
    snprintf(x, sizeof x, "%g", *(const double *)a);
    snprintf(y, sizeof y, "%g", *(const double *)b);
    return strcmp(x, y);
}

/* Code of several libraries, with callbacks, and small functions whose entry
 * and exit are met often. */
static void work(void)
{
    double numbers[64];
    for (int i = 0; i < 64; i++)
        numbers[i] = rand() / 7.0;
    qsort(numbers, 64, sizeof *numbers, by_text);
    unsigned char plain[2000], packed[3000];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (unsigned char)(numbers[i % 64]);
    uLongf n = sizeof packed;
    compress(packed, &n, plain, sizeof plain);
    void *blocks[50];
    for (int i = 0; i < 50; i++)
        blocks[i] = malloc((size_t)i * 100 + 1);
    for (int i = 0; i < 50; i++)
        free(blocks[i]);
    char text[64];
    setenv("UNWIND_TEST", text, 1);
    strtod(text, NULL);
}

static void start_ticks(int us)
{
    struct itimerval timer = {{0, us}, {0, us}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void agrees_with_libunwind_at_any_instruction(void **state)
{
    (void)state;
    struct sigaction action = {.sa_sigaction = on_tick,
                               .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    work();
    start_ticks(500);
    while (n_compared < WANTED && n_different == 0)
        work();
    start_ticks(0);
    if (n_different > 0)
        fail_msg("%s, in sample %d", difference, (int)n_compared);
}

/* A stack that begins in a signal handler goes on in the code that the signal
 * interrupted. */
static void on_raise(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)info;
    struct unwind_cursor interrupted, here;
    unwind_from_signal(&interrupted, ucontext);
    unwind_from_here(&here);
    while (here.pc != interrupted.pc)
        if (unwind_step(&here) != UNWIND_STEPPED)
            return;
    n_in_signal = memcmp(here.registers, interrupted.registers,
                         sizeof here.registers) == 0 &&
                  !here.is_returned;
}

static void goes_through_a_signal_frame(void **state)
{
    (void)state;
    struct sigaction action = {.sa_sigaction = on_raise,
                               .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    assert_int_equal(n_in_signal, 1);
}

/* A function that realigns its stack has a CFA that is an expression. */
__attribute__((noinline, force_align_arg_pointer)) static void
realigned(struct native_stack *stack, int n)
{
    _Alignas(64) volatile char area[64];
    __asm__ volatile("" : : "r"(area) : "memory");
    char *dynamic = __builtin_alloca((size_t)n * 16);
    memset(dynamic, 1, (size_t)n * 16);
    native_stack_here((uintptr_t)__builtin_return_address(0), stack);
    __asm__ volatile("" : : "r"(dynamic) : "memory");
}

static void goes_through_a_realigned_stack(void **state)
{
    (void)state;
    for (int n = 1; n < 5; n++) {
        uintptr_t pcs[100];
        struct native_stack stack = {.pcs = pcs, .max = 100};
        realigned(&stack, n);
        assert_false(stack.truncated);
        assert_true(stack.n > 2);
    }
}

static void a_damaged_stack_ends_the_walk(void **state)
{
    (void)state;
    ucontext_t context;
    fault_guard_init(); /* cmocka has put its own handlers in place */
    getcontext(&context);
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)&qsort;
    context.uc_mcontext.gregs[REG_RSP] = 0x1008;
    uintptr_t pcs[10];
    struct native_stack stack = {.pcs = pcs, .max = 10};
    native_stack_capture(&context, &stack);
    assert_int_equal(stack.n, 1);
    assert_true(stack.truncated);
    assert_int_equal(pcs[0], (uintptr_t)&qsort);
}

static void code_without_a_description_ends_the_walk(void **state)
{
    (void)state;
    ucontext_t context;
    getcontext(&context);
    char data[16] = "not code";
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)data;
    uintptr_t pcs[10];
    struct native_stack stack = {.pcs = pcs, .max = 10};
    native_stack_capture(&context, &stack);
    assert_int_equal(stack.n, 1);
    assert_true(stack.truncated);
}

static int init(void **state)
{
    (void)state;
    return loaded_objects_init() && fault_guard_init() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_libunwind_at_any_instruction),
        cmocka_unit_test(goes_through_a_signal_frame),
        cmocka_unit_test(goes_through_a_realigned_stack),
        cmocka_unit_test(a_damaged_stack_ends_the_walk),
        cmocka_unit_test(code_without_a_description_ends_the_walk),
    };
    return cmocka_run_group_tests_name("unwind", tests, init, NULL);
}
