internal import RuntimeCore

/// The delayed messages that are due next. Those that come later are in the store only, so that a great many of them take no
/// memory. A value: the time comes as an argument.
struct DelayedWindow: Sendable {
    /// How many messages are held before the later half of them is left to the store.
    let capacity: Int

    private var messages: [Int64: DelayedMessage] = [:]
    private var byToken: [DelayedMessage.Cancellation: [Int64]] = [:]
    private var heap = PlaceHeap()
    /// The store has messages after this place that are not here; `nil` where all are here.
    private(set) var horizon: DelayedPlace?
    /// What was taken back while a piece of the store is being read.
    private var cancelledMeanwhile: [(DelayedMessage.Cancellation, before: Int64)] = []
    /// What came for later while a piece of the store is being read, which may or may not see it.
    private var addedMeanwhile: [DelayedMessage] = []
    /// More has happened while a piece of the store is being read than is remembered, so what it gives is no use.
    private var isOvertaken = false
    private(set) var isLoading = false

    /// - Parameter horizon: the place from which on messages are in the store only; every one at first.
    init(capacity: Int = 8_192, horizon: DelayedPlace? = DelayedPlace(due: WallTime(milliseconds: .min), sequence: .min)) {
        self.capacity = max(2, capacity)
        self.horizon = horizon
    }

    var count: Int { messages.count }

    /// How much room is taken for the order of messages.
    var placeCount: Int { heap.count }

    /// When the next message is due, or where the store has to be asked for it.
    var nextDue: WallTime? {
        mutating get {
            heap.dropWhile { messages[$0.sequence] == nil }
            return heap.first?.due
        }
    }

    /// Whether the store has to be asked before the next message can be known.
    var needsLoad: Bool {
        mutating get { horizon != nil && !isLoading && nextDue == nil }
    }

    mutating func add(_ message: DelayedMessage) {
        let place = DelayedPlace(due: message.due, sequence: message.message.sequence)
        if let horizon, place > horizon {
            if isLoading, !isOvertaken {
                addedMeanwhile.append(message)
                noteMeanwhile()
            }
            return
        }
        guard messages.updateValue(message, forKey: place.sequence) == nil else { return }
        heap.insert(place)
        if let cancellation = message.cancellation {
            byToken[cancellation, default: []].append(place.sequence)
        }
        if messages.count > capacity {
            shed()
        }
    }

    /// Remembers only so much of what happens while the store is being read.
    private mutating func noteMeanwhile() {
        guard addedMeanwhile.count + cancelledMeanwhile.count > capacity else { return }
        isOvertaken = true
        addedMeanwhile = []
        cancelledMeanwhile = []
    }

    /// Forgets the later half, which the store has.
    private mutating func shed() {
        // What is being read begins at the end of what is held, which moves now.
        isOvertaken = isLoading
        let places = messages.values.map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) }.sorted()
        let kept = places.prefix(capacity / 2)
        for place in places.dropFirst(kept.count) {
            if let message = messages.removeValue(forKey: place.sequence) {
                forgetToken(of: message)
            }
        }
        heap = PlaceHeap(Array(kept))
        horizon = kept.last
    }

    /// Takes back what was sent with a token before.
    mutating func cancel(_ cancellation: DelayedMessage.Cancellation, before sequence: Int64) {
        for place in byToken.removeValue(forKey: cancellation) ?? [] where place < sequence {
            messages[place] = nil
        }
        // A message that is taken back leaves its place behind.
        if heap.count > 2 * messages.count + 64 {
            heap = PlaceHeap(messages.values.map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) }.sorted())
        }
        if isLoading, !isOvertaken {
            cancelledMeanwhile.append((cancellation, before: sequence))
            noteMeanwhile()
        }
    }

    /// Takes out what is due, in the order of its times.
    mutating func takeDue(at now: WallTime) -> [DelayedMessage] {
        var due: [DelayedMessage] = []
        while let next = nextDue, next <= now, let place = heap.popFirst() {
            guard let message = messages.removeValue(forKey: place.sequence) else { continue }
            forgetToken(of: message)
            due.append(message)
        }
        return due
    }

    private mutating func forgetToken(of message: DelayedMessage) {
        guard let cancellation = message.cancellation else { return }
        byToken[cancellation]?.removeAll { $0 == message.message.sequence }
        if byToken[cancellation]?.isEmpty == true {
            byToken[cancellation] = nil
        }
    }

    /// The store is being read from ``horizon`` on.
    mutating func loadBegan() {
        isLoading = true
    }

    /// What the store has given.
    /// - Parameter isComplete: whether nothing comes after it.
    mutating func loaded(_ read: [DelayedMessage], isComplete: Bool) {
        guard !isOvertaken else {
            endLoad()
            return
        }
        horizon = isComplete ? nil : read.last.map { DelayedPlace(due: $0.due, sequence: $0.message.sequence) } ?? horizon
        let (added, cancelled) = (addedMeanwhile, cancelledMeanwhile)
        endLoad()
        for message in read + added {
            let isCancelled = cancelled.contains { $0.0 == message.cancellation && message.message.sequence < $0.before }
            if !isCancelled {
                add(message)
            }
        }
    }

    /// The store could not be read; it is asked again later.
    mutating func loadFailed() {
        endLoad()
    }

    private mutating func endLoad() {
        isLoading = false
        isOvertaken = false
        cancelledMeanwhile = []
        addedMeanwhile = []
    }
}

/// Places, the first one of which is at hand.
private struct PlaceHeap: Sendable {
    private var places: [DelayedPlace] = []

    init() {}

    /// - Parameter sorted: in order, which is what a heap may be.
    init(_ sorted: [DelayedPlace]) {
        places = sorted
    }

    var first: DelayedPlace? { places.first }
    var count: Int { places.count }

    mutating func insert(_ place: DelayedPlace) {
        places.append(place)
        var child = places.count - 1
        while child > 0, places[child] < places[(child - 1) / 2] {
            places.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> DelayedPlace? {
        guard let first = places.first, let last = places.popLast() else { return nil }
        guard !places.isEmpty else { return first }
        places[0] = last
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < places.count else { break }
            let right = left + 1
            let child = right < places.count && places[right] < places[left] ? right : left
            guard places[child] < places[parent] else { break }
            places.swapAt(child, parent)
            parent = child
        }
        return first
    }

    mutating func dropWhile(_ isGone: (DelayedPlace) -> Bool) {
        while let first = places.first, isGone(first) {
            _ = popFirst()
        }
    }
}
