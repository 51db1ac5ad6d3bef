internal import RuntimeCore

/// The records of one topic, the first ones of which are at hand; the others are in the store only. Takers are served in the
/// order in which they came. A value without I/O.
struct EgressQueue: Sendable {
    struct TakerID: Hashable, Sendable {
        let number: Int
    }

    private struct Taker: Sendable {
        let id: TakerID
        let limit: Int
        let isWaiting: Bool
    }

    /// How many records are held at most, but for those that were put back.
    let window: Int
    /// How many bytes they have at most, but for the last one.
    let windowBytes: Int
    private var byteCount = 0
    private var available: [EgressRecord] = []
    private var head = 0
    /// How many records come after those that are here.
    private(set) var beyond: Int
    /// The last one that was here.
    private(set) var lastSequence: Int64 = 0
    private var takers: [Taker] = []
    private var isLoading = false

    /// - Parameter beyond: how many the store has.
    init(beyond: Int = 0, window: Int = 1_024, windowBytes: Int = 16 << 20) {
        self.beyond = beyond
        self.window = max(1, window)
        self.windowBytes = max(1, windowBytes)
    }

    /// How many wait to be taken.
    var count: Int { available.count - head + beyond }

    /// Whether everything up to now has been handed out.
    var isDrained: Bool { count == 0 && !isLoading }

    /// Whether nothing would be missed without it: there never was a record, and nobody waits for one. A queue that had any
    /// knows how far it has come, so that none comes twice.
    var isUnused: Bool { lastSequence == 0 && count == 0 && takers.isEmpty && !isLoading }

    /// The store has a new record.
    mutating func stored(_ record: EgressRecord) {
        // What is read from the store may hold a record before it is known that it was stored, and what is put back comes as
        // returned.
        guard record.sequence > lastSequence else { return }
        if beyond == 0, available.count - head < window, byteCount < windowBytes {
            available.append(record)
            byteCount += record.payload.count
            lastSequence = record.sequence
        } else {
            beyond += 1
        }
    }

    /// Gives new records that are about to be stored to those who wait, unless others come before them.
    /// - Returns: who gets which; the others are left over.
    mutating func anticipate(_ records: ArraySlice<EgressRecord>) -> [(taker: TakerID, records: ArraySlice<EgressRecord>)] {
        var handed: [(taker: TakerID, records: ArraySlice<EgressRecord>)] = []
        var rest = records
        while isDrained, !rest.isEmpty, let taker = takers.first {
            takers.removeFirst()
            handed.append((taker.id, rest.prefix(taker.limit)))
            rest = rest.dropFirst(taker.limit)
        }
        return handed
    }

    /// A record went to a taker without having been here.
    mutating func passed(_ record: EgressRecord) {
        lastSequence = max(lastSequence, record.sequence)
    }

    /// Somebody wants records.
    /// - Parameter isWaiting: whether also those that come later.
    mutating func wanted(by taker: TakerID, atMost limit: Int, isWaiting: Bool = true) {
        takers.append(Taker(id: taker, limit: max(1, limit), isWaiting: isWaiting))
    }

    /// Takes out who does not wait for what comes later, where nothing is left.
    mutating func disappointed() -> [TakerID] {
        guard count == 0 else { return [] }
        let gone = takers.filter { !$0.isWaiting }.map(\.id)
        takers.removeAll { !$0.isWaiting }
        return gone
    }

    /// Somebody has gone.
    mutating func left(_ taker: TakerID) {
        takers.removeAll { $0.id == taker }
    }

    /// Takes out what the first taker gets; `nil` where nobody wants anything or nothing is here.
    mutating func serve() -> (taker: TakerID, records: [EgressRecord])? {
        guard let taker = takers.first, head < available.count else { return nil }
        takers.removeFirst()
        let end = min(available.count, head + taker.limit)
        let records = Array(available[head..<end])
        head = end
        byteCount -= Self.size(of: records)
        if head == available.count {
            available.removeAll(keepingCapacity: available.capacity <= 2 * window)
            head = 0
        }
        return (taker.id, records)
    }

    /// What is to be done for takers.
    enum Step {
        /// Give records to a taker.
        case hand([EgressRecord], to: TakerID)
        /// Tell takers that there is nothing for them.
        case disappoint([TakerID])
        /// Read from the store what comes after a sequence.
        case load(after: Int64)
    }

    /// What is to be done next, as if it were done then; `nil` where there is nothing.
    mutating func nextStep() -> Step? {
        if let (taker, records) = serve() { return .hand(records, to: taker) }
        let disappointed = disappointed()
        if !disappointed.isEmpty { return .disappoint(disappointed) }
        return loadBegins().map(Step.load)
    }

    /// Records come back that nobody got.
    mutating func returned(_ records: [EgressRecord]) {
        let waiting = available[head...]
        byteCount += Self.size(of: records)
        available = (records + waiting).sorted { $0.sequence < $1.sequence }
        head = 0
    }

    private static func size(of records: [EgressRecord]) -> Int {
        var size = 0
        for index in records.indices { size += records[index].payload.count }
        return size
    }

    /// Where the store is to be read from now; `nil` where that is not needed.
    mutating func loadBegins() -> Int64? {
        guard !isLoading, beyond > 0, head == available.count, !takers.isEmpty else { return nil }
        isLoading = true
        return lastSequence
    }

    /// What the store has given; none where it failed.
    mutating func loaded(_ records: [EgressRecord]) {
        isLoading = false
        beyond = records.isEmpty ? beyond : max(0, beyond - records.count)
        available += records
        byteCount += Self.size(of: records)
        if let last = records.last {
            lastSequence = last.sequence
        }
    }
}
