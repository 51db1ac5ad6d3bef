internal import HTTPFunctionEndpoint
internal import RequestReply
internal import RuntimeCore
internal import TransportCore

/// What waits for an address, and what is being done about it. Belongs to one ``RuntimeShard``.
final class AddressRecord {
    /// What a call goes on with when it is answered.
    struct Call {
        let registered: RegisteredStates
        let values: NameTable<StateCache.Value>
        var rounds = BatchRounds()
    }

    let id: DispatchMachine.AddressID
    let address: RuntimeAddress
    let function: FunctionRecord
    /// Messages that no call has begun with.
    var waiting: [StoredMessage] = []
    /// What the call at hand, or the next one after a failure, is made with.
    var batch: [StoredMessage] = []
    /// The call at hand.
    var call: Call?
    /// How many come after these and are in the store only.
    var spilled = 0
    /// How many from outside are being stored, and will wait here.
    var accepting = 0
    /// Nothing waits here any more; what comes next finds another record.
    var isClosed = false
    /// The last one that is or was here; those that are in the store only come after it.
    var lastSequence: Int64 = 0
    /// What the last call failed with; `nil` where none has with this batch.
    var lastFailure: RequestReplyFailure?
    /// When the first call with this batch failed.
    var failingSince: TransportInstant?
    /// Calls that its values are with: one that has ended may not have been counted off when the next one begins.
    var calls = 0
    /// Somebody waits until no call is made.
    var idleWaiters: [CheckedContinuation<Void, Never>] = []

    init(id: DispatchMachine.AddressID, address: RuntimeAddress, function: FunctionRecord) {
        self.id = id
        self.address = address
        self.function = function
    }

    var count: Int { batch.count + waiting.count + spilled }
    var hasMore: Bool { !waiting.isEmpty || spilled > 0 }
    /// The address as messages name it.
    var messageAddress: MessageAddress {
        MessageAddress(namespace: function.namespace, type: function.name, id: address.id)
    }

    /// Lets those go on who waited for the end of calls.
    func nobodyCalls() {
        for waiter in idleWaiters {
            waiter.resume()
        }
        idleWaiters = []
    }

    /// - Returns: whether the message is held here; otherwise it is in the store only.
    func take(_ message: consuming StoredMessage, isMemoryFull: Bool) -> Bool {
        let sequence = message.sequence
        // One from outside waits until it is stored, while those of functions come at once and may overtake it. Whoever reads
        // the store for what comes after them does not find it.
        let isOvertaken = sequence < lastSequence
        guard isOvertaken || (spilled == 0 && !isMemoryFull) else {
            spilled += 1
            return false
        }
        waiting.append(message)
        lastSequence = max(lastSequence, sequence)
        return true
    }

    /// Takes the first messages for a call.
    func beginBatch(count limit: Int, bytes: Int) {
        var size = 0
        var end = 0
        while end < waiting.count, end < limit {
            size += waiting[end].invocation.count
            if end > 0, size > bytes { break }
            end += 1
        }
        if end == waiting.count {
            batch = waiting
            waiting = []
        } else {
            batch = Array(waiting[..<end])
            waiting.removeFirst(end)
        }
    }

    /// Keeps the first half for the next call; the others wait for the one after it.
    func splitBatch() {
        let half = batch.count / 2
        waiting.insert(contentsOf: batch[half...], at: 0)
        batch.removeLast(batch.count - half)
    }
}
