/** The memory of a run as a chart in text: a bar a launch, or a bar for a few launches in a row. */
import { formatBytes, formatTable } from '../format.js'
import type { Colors } from '../terminal.js'
import type { MemoryTimeline } from './explain-model.js'

/** Rows and columns that a chart has at most. */
const chart = { rows: 40, columns: 40 } as const

interface Row {
  readonly label: string
  readonly alive: number
}

/** The lines of the chart; none for a run without intermediates. The peak is marked where it is first reached. */
export function memoryChart({ launches, bound }: MemoryTimeline, colors: Colors): readonly string[] {
  if (bound === 0) return []
  const rows = rowsOf(launches)
  const peak = rows.findIndex(({ alive }) => alive === bound)
  const bars = rows.map(({ alive }) => '█'.repeat(Math.ceil((alive / bound) * chart.columns)).padEnd(chart.columns))
  const cells = rows.map(({ label, alive }, i) => [
    label,
    bars[i] ?? '',
    formatBytes(alive),
    i === peak ? '← peak' : '',
  ])
  return formatTable(cells).map((line, i) => (i === peak ? colors.yellow(line) : line))
}

/** Launches in a row share a row of the chart when there are many; it shows the most that is alive at one of them. */
function rowsOf(launches: MemoryTimeline['launches']): readonly Row[] {
  const each = Math.ceil(launches.length / chart.rows)
  return Array.from({ length: Math.ceil(launches.length / each) }, (_, row) => {
    const inside = launches.slice(row * each, (row + 1) * each)
    const [first, last] = [inside[0], inside.at(-1)]
    const isOne = first?.group === last?.group
    return {
      label: isOne ? `${first?.group} ${first?.name}` : `${first?.group}–${last?.group} ${first?.name} …`,
      alive: inside.reduce((most, { alive }) => Math.max(most, alive), 0),
    }
  })
}
