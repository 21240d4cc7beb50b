-- time.lua NAME N: prints the CPU seconds of run(N), where run is the program of
-- bench/programs of this name, or the operation of operations.lua.
local name, n = arg[1], tonumber(arg[2])
local program = loadfile("bench/programs/" .. name .. ".lua")
local run = program and program() or dofile("bench/speed/operations.lua")[name]
assert(run, name)
run(1)
collectgarbage()
local start = os.clock()
run(n)
print(os.clock() - start)
