/// The calls that wait for one endpoint, first come first served.
struct WaitingCalls: Equatable {
    /// Ascending; `nil` for a call that has left the line.
    private var calls: [CallLine.CallID] = []
    private var hasLeft: [Bool] = []
    private var head = 0
    private(set) var count = 0

    mutating func append(_ call: CallLine.CallID) {
        calls.append(call)
        hasLeft.append(false)
        count += 1
    }

    mutating func takeFirst() -> CallLine.CallID? {
        while head < calls.count {
            let index = head
            head += 1
            guard !hasLeft[index] else { continue }
            count -= 1
            let call = calls[index]
            compact()
            return call
        }
        return nil
    }

    /// Takes a call out of the line; `false` where it is not there.
    mutating func remove(_ call: CallLine.CallID) -> Bool {
        var low = head
        var high = calls.count
        while low < high {
            let middle = (low + high) / 2
            if calls[middle] < call { low = middle + 1 } else { high = middle }
        }
        guard low < calls.count, calls[low] == call, !hasLeft[low] else { return false }
        hasLeft[low] = true
        count -= 1
        compact()
        return true
    }

    /// Forgets what is not needed any more, now and then, so that it costs little for each call.
    private mutating func compact() {
        let gone = calls.count - count
        guard gone > 32, gone > count else { return }
        let kept = (head..<calls.count).filter { !hasLeft[$0] }.map { calls[$0] }
        calls = kept
        hasLeft = Array(repeating: false, count: kept.count)
        head = 0
    }
}
