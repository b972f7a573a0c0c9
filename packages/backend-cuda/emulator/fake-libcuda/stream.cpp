// Streams, events and graphs. Work waits until somebody asks for it: what relies on more finds out.
#include "driver.h"

Result enqueue(Handle handle, Operation operation) {
  Stream* const stream = find<Stream>(handle);
  if (stream == nullptr) return invalidHandle;
  if (stream->capture != nullptr) stream->capture->push_back(std::move(operation));
  else stream->waiting.push_back(std::move(operation));
  return success;
}

Result advance(Stream& stream, int limit) {
  for (int done = 0; !stream.waiting.empty() && (limit == 0 || done < limit); done++) {
    const Operation operation = std::move(stream.waiting.front());
    stream.waiting.pop_front();
    if (const Result failed = operation(); failed != success) {
      // An operation that was accepted and then fails leaves nothing to go on with.
      context()->error = isSticky(failed) ? failed : launchFailed;
      stream.waiting.clear();
    }
    if (context()->error != success) return context()->error;
  }
  return success;
}

namespace {

// Lets an event's stream go on, as far as the pace allows, and tells whether it has come to the event.
Result reach(Handle handle) {
  Event* const event = find<Event>(handle);
  if (event == nullptr) return invalidHandle;
  if (event->recorded == event->completed) return success;
  Stream* const stream = find<Stream>(event->stream);
  if (stream == nullptr) return invalidHandle;
  if (stream->capture != nullptr) return captureUnsupported;
  if (const Result failed = advance(*stream, state.settings.pace); failed != success) return failed;
  return event->recorded == event->completed ? success : notReady;
}

}  // namespace

extern "C" {

Result cuStreamCreate(Handle* stream, unsigned) {
  ENTER();
  *stream = make<Stream>().first;
  return success;
}

Result cuStreamDestroy_v2(Handle stream) {
  ENTER();
  return destroy<Stream>(stream);
}

Result cuStreamSynchronize(Handle handle) {
  ENTER();
  Stream* const stream = find<Stream>(handle);
  if (stream == nullptr) return invalidHandle;
  return stream->capture != nullptr ? captureUnsupported : advance(*stream, 0);
}

Result cuStreamBeginCapture_v2(Handle handle, int) {
  ENTER();
  Stream* const stream = find<Stream>(handle);
  if (stream == nullptr || stream->capture != nullptr) return invalidValue;
  stream->capture = std::make_shared<std::vector<Operation>>();
  return success;
}

Result cuStreamEndCapture(Handle handle, Handle* graph) {
  ENTER();
  Stream* const stream = find<Stream>(handle);
  if (stream == nullptr || stream->capture == nullptr) return invalidValue;
  const auto [made, object] = make<Graph>();
  object->operations = std::move(*stream->capture);
  stream->capture = nullptr;
  *graph = made;
  return success;
}

Result cuGraphInstantiateWithFlags(Handle* executable, Handle handle, std::uint64_t) {
  ENTER();
  Graph* const graph = find<Graph>(handle);
  if (graph == nullptr) return invalidHandle;
  const auto [made, object] = make<Executable>();
  object->operations = graph->operations;
  *executable = made;
  return success;
}

Result cuGraphDestroy(Handle graph) {
  ENTER();
  return destroy<Graph>(graph);
}

Result cuGraphLaunch(Handle handle, Handle stream) {
  ENTER();
  Executable* const executable = find<Executable>(handle);
  if (executable == nullptr) return invalidHandle;
  const auto running = executable->running;
  ++*running;
  return enqueue(stream, [operations = executable->operations, running] {
    --*running;
    for (const auto& operation : operations) {
      if (const Result failed = operation(); failed != success) return failed;
    }
    return success;
  });
}

// Not while it runs.
Result cuGraphExecDestroy(Handle handle) {
  ENTER();
  Executable* const executable = find<Executable>(handle);
  if (executable != nullptr && *executable->running > 0) return invalidValue;
  return destroy<Executable>(handle);
}

Result cuEventCreate(Handle* event, unsigned) {
  ENTER();
  *event = make<Event>().first;
  return success;
}

Result cuEventDestroy_v2(Handle event) {
  ENTER();
  return destroy<Event>(event);
}

Result cuEventRecord(Handle handle, Handle stream) {
  ENTER();
  Event* const event = find<Event>(handle);
  if (event == nullptr) return invalidHandle;
  event->stream = stream;
  return enqueue(stream, [handle, number = ++event->recorded] {
    // It may be gone by now, as CUDA allows.
    if (Event* const reached = find<Event>(handle); reached != nullptr) reached->completed = number;
    return success;
  });
}

Result cuEventQuery(Handle event) {
  ENTER();
  return reach(event);
}

}  // extern "C"
