-- richards.lua: the kernel of an operating system, after Martin Richards: six
-- tasks of different priorities pass packets to each other. Method calls, fields.

local IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 1, 2, 3, 4, 5, 6
local DEVICE, WORK = 1, 2 -- kinds of packets
local RUNS = 1000         -- of the idle task
local BYTES = 4           -- of a packet

local function new_packet(link, owner, kind)
  return { link = link, owner = owner, kind = kind, position = 1, bytes = { 0, 0, 0, 0 } }
end

--- Appends a packet to a queue, and returns the queue's first packet.
local function append(queue, packet)
  packet.link = nil
  if not queue then return packet end
  local last = queue
  while last.link do last = last.link end
  last.link = packet
  return queue
end

local Kernel = {}
Kernel.__index = Kernel

local function new_kernel()
  return setmetatable({ tasks = {}, first = nil, current = nil, queued = 0, held = 0 }, Kernel)
end

function Kernel:add(id, priority, queue, step)
  local task = {
    id = id, priority = priority, queue = queue, step = step, next = self.first,
    is_held = false, is_waiting = true, has_packet = queue ~= nil,
  }
  self.tasks[id], self.first = task, task
  return task
end

function Kernel:hold()
  self.held = self.held + 1
  self.current.is_held = true
  return self.current.next
end

function Kernel:wait()
  self.current.is_waiting = true
  return self.current
end

--- Returns the task of the two that is to run next.
function Kernel:prefer(task)
  if task.priority > self.current.priority then return task end
  return self.current
end

function Kernel:release(id)
  local task = self.tasks[id]
  task.is_held = false
  return self:prefer(task)
end

--- Gives a packet to its owner; from then on the current task owns it.
function Kernel:send(packet)
  local receiver = self.tasks[packet.owner]
  self.queued = self.queued + 1
  packet.owner = self.current.id
  local was_empty = not receiver.queue
  receiver.queue = append(receiver.queue, packet)
  if not was_empty then return self.current end
  receiver.has_packet = true
  return self:prefer(receiver)
end

local function take_packet(task)
  if not (task.is_waiting and task.has_packet) then return nil end
  local packet = task.queue
  task.queue = packet.link
  task.is_waiting, task.has_packet = false, task.queue ~= nil
  return packet
end

local function is_blocked(task)
  return task.is_held or (task.is_waiting and not task.has_packet)
end

function Kernel:schedule()
  self.current = self.first
  while self.current do
    local task = self.current
    if is_blocked(task) then
      self.current = task.next
    else
      self.current = task:step(self, take_packet(task))
    end
  end
end

local function idle(task, kernel)
  task.runs = task.runs - 1
  if task.runs == 0 then return kernel:hold() end
  local bit = task.seed & 1
  task.seed = task.seed >> 1
  if bit == 0 then return kernel:release(DEVICE_A) end
  task.seed = task.seed ~ 0xD008
  return kernel:release(DEVICE_B)
end

local function work(task, kernel, packet)
  if not packet then return kernel:wait() end
  task.target = task.target == HANDLER_A and HANDLER_B or HANDLER_A
  packet.owner, packet.position = task.target, 1
  for i = 1, BYTES do
    task.letter = task.letter % 26 + 1
    packet.bytes[i] = task.letter + 64
  end
  return kernel:send(packet)
end

local function handle(task, kernel, packet)
  if packet then
    if packet.kind == WORK then
      task.work = append(task.work, packet)
    else
      task.devices = append(task.devices, packet)
    end
  end
  local first = task.work
  if not first then return kernel:wait() end
  if first.position > BYTES then
    task.work = first.link
    return kernel:send(first)
  end
  local device = task.devices
  if not device then return kernel:wait() end
  task.devices = device.link
  device.position = first.bytes[first.position]
  first.position = first.position + 1
  return kernel:send(device)
end

local function drive(task, kernel, packet)
  if packet then
    task.pending = packet
    return kernel:hold()
  end
  local pending = task.pending
  if not pending then return kernel:wait() end
  task.pending = nil
  return kernel:send(pending)
end

local function queue_of(count, owner, kind)
  local queue
  for _ = 1, count do queue = new_packet(queue, owner, kind) end
  return queue
end

local function simulate()
  local kernel = new_kernel()
  local task = kernel:add(IDLE, 0, nil, idle)
  task.is_waiting, task.seed, task.runs = false, 1, RUNS
  task = kernel:add(WORKER, 1000, queue_of(2, WORKER, WORK), work)
  task.target, task.letter = HANDLER_A, 0
  kernel:add(HANDLER_A, 2000, queue_of(3, DEVICE_A, DEVICE), handle)
  kernel:add(HANDLER_B, 3000, queue_of(3, DEVICE_B, DEVICE), handle)
  kernel:add(DEVICE_A, 4000, nil, drive)
  kernel:add(DEVICE_B, 5000, nil, drive)
  kernel:schedule()
  return kernel.queued, kernel.held
end

return function(n)
  for _ = 1, n * 5 do
    local queued, held = simulate()
    -- The counts of Richards' program for 1,000 runs.
    assert(queued == 2322 and held == 928, "richards: " .. queued .. " " .. held)
  end
end
