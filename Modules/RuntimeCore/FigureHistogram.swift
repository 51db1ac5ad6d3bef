/// The upper bounds of a histogram and how many values are not above each.
package struct FigureHistogram: Sendable {
    /// Bounds for what takes as long as calls of functions do, in seconds.
    package static let secondsOfCalls = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]

    package let bounds: [Double]
    package private(set) var counts: [Int]
    package private(set) var count = 0
    package private(set) var sum = 0.0

    package init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    package mutating func add(_ value: Double) {
        count += 1
        sum += value
        if let index = bounds.firstIndex(where: { value <= $0 }) {
            counts[index] += 1
        }
    }
}
