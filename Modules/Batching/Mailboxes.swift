internal import NIOConcurrencyHelpers
public import TransportCore

/// One mailbox per address: while a call to an address is in flight, what is submitted for it waits and leaves as one
/// batch. ``MailboxMachine`` has the rules.
///
/// Every sender waits for the answer to the batch that its items were part of. A sender that is cancelled leaves at once:
/// its items are not sent where they still wait, the others keep their order, and a call in flight that nobody waits for
/// any more is cancelled.
public final class Mailboxes<Key: Hashable & Sendable, Item: Sendable, Answer: Sendable>: Sendable {
    /// Calls one address with one batch, which is never empty.
    public typealias Perform = @Sendable (Key, [Item]) async throws(RequestReplyFailure) -> Answer

    private typealias State = MailboxState<Key, Item, Answer>

    private let perform: Perform
    private let metrics: any RemoteInvocationMetrics
    private let state: NIOLockedValueBox<State>

    /// - Parameters:
    ///   - maxInFlight: calls that may be in flight at a time (`statefun.async.max-per-task`); 1 at least.
    ///   - metrics: hears of calls in flight, of what waits, and of addresses that make their senders wait.
    ///   - perform: calls one address with one batch. It runs in a task of its own, which belongs to no sender, and which is
    ///     cancelled when the last sender of the batch leaves.
    public init(maxInFlight: Int = 1_024, metrics: any RemoteInvocationMetrics = NoMetrics(), perform: @escaping Perform) {
        self.perform = perform
        self.metrics = metrics
        state = NIOLockedValueBox(State(maxInFlight: maxInFlight))
    }

    /// How much there is to do.
    public var figures: MailboxFigures { state.withLockedValue { $0.figures } }

    /// Has `key` called with `items`, together in one batch and in their order, after everything that was submitted for
    /// it before.
    ///
    /// - Parameters:
    ///   - items: one at least.
    ///   - functionType: the function type of the address; the first call for it goes alone.
    ///   - maxNumBatchRequests: how many invocations are collected for the address (HTTP Function Endpoint, "Max Batch
    ///     Requests"); zero or less for any number.
    /// - Returns: the answer to the whole batch.
    /// - Throws: what the call failed with; ``RequestReplyFailure/Kind/cancelled`` as soon as the calling task is
    ///   cancelled; ``RequestReplyFailure/Kind/shutDown`` where the call had not begun at the shutdown;
    ///   ``RequestReplyFailure/Kind/misconfigured`` without any items.
    public func submit(
        _ items: [Item],
        to key: Key,
        functionType: String,
        maxNumBatchRequests: Int
    ) async throws(RequestReplyFailure) -> Answer {
        guard !items.isEmpty else {
            throw RequestReplyFailure(.misconfigured, "a call without invocations cannot be made; submit at least one")
        }
        if Task.isCancelled {
            throw State.cancelled
        }
        let place = NIOLockedValueBox<MailboxMachine.Placement?>(nil)
        let result: Result<Answer, RequestReplyFailure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (placement, afterLock) = state.withLockedValue { state in
                    state.submit(items, to: key, functionType: functionType, maxNumBatchRequests: maxNumBatchRequests, continuation)
                }
                place.withLockedValue { $0 = placement }
                finish(afterLock)
                // A cancellation up to here has not found what to cancel.
                if Task.isCancelled {
                    cancel(place)
                }
            }
        } onCancel: {
            cancel(place)
        }
        return try result.get()
    }

    /// Begins no further call, and returns when those in flight have ended. What waits fails as
    /// ``RequestReplyFailure/Kind/shutDown``, and so does whatever is submitted later.
    public func shutdown() async {
        await withCheckedContinuation { continuation in
            finish(state.withLockedValue { $0.shutDown(continuation) })
        }
    }

    private func cancel(_ place: NIOLockedValueBox<MailboxMachine.Placement?>) {
        if let placement = place.withLockedValue({ $0 }) {
            finish(state.withLockedValue { $0.cancel(placement) })
        }
    }

    private func finish(_ afterLock: State.AfterLock) {
        for (functionType, change) in afterLock.inFlight {
            metrics.inFlightChanged(functionType: functionType, by: change)
        }
        for (functionType, change) in afterLock.backlog {
            metrics.backlogChanged(functionType: functionType, by: change)
        }
        for (functionType, change) in afterLock.blockedAddresses {
            metrics.blockedAddressesChanged(functionType: functionType, by: change)
        }
        for batch in afterLock.batches {
            call(batch)
        }
        for handle in afterLock.cancelled {
            handle.cancel()
        }
        for (continuation, result) in afterLock.answers {
            continuation.resume(returning: result)
        }
        for continuation in afterLock.finished {
            continuation.resume()
        }
    }

    private func call(_ batch: State.Batch) {
        // Detached, because a batch is called for all of its senders and not in the name of one of them.
        let task = Task.detached { [self] in
            let result: Result<Answer, RequestReplyFailure>
            do throws(RequestReplyFailure) {
                result = .success(try await perform(batch.key, batch.items))
            } catch {
                result = .failure(error)
            }
            finish(state.withLockedValue { $0.callEnded(batch.mailbox, result) })
        }
        batch.handle.started(task)
    }
}
