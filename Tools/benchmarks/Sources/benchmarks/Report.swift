import Foundation

/// The result of a run for programs: its rows, and what one has to know to compare them with those of another run.
struct Report: Encodable {
    let date: Date
    let machine: Machine
    let rounds: Int
    /// Seconds.
    let window: Double
    let precedence: Bool
    let rows: [Row]

    /// - Parameter begin: when the run began.
    init(begin: Date, rounds: Int, window: Double, precedence: Bool, rows: [Row]) {
        date = begin
        machine = .own
        self.rounds = rounds
        self.window = window
        self.precedence = precedence
        self.rows = rows
    }
}
