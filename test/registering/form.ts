import ExcelJS from 'exceljs';

/** A workbook of the form as a person has it open: the cells of its first sheet by heading and row. */
export class OpenForm {
  readonly book: ExcelJS.Workbook;
  readonly sheet: ExcelJS.Worksheet;
  readonly #columns = new Map<string, number>();

  private constructor(book: ExcelJS.Workbook, sheet: ExcelJS.Worksheet) {
    this.book = book;
    this.sheet = sheet;
    sheet.getRow(2).eachCell((cell, column) => this.#columns.set(cell.text, column));
  }

  static async read(bytes: Buffer): Promise<OpenForm> {
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(bytes as unknown as ExcelJS.Buffer);
    return new OpenForm(book, book.worksheets[0]!);
  }

  /** A form as somebody types it: headings below a title, no drop-downs. */
  static typed(headings: readonly string[]): OpenForm {
    const book = new ExcelJS.Workbook();
    const sheet = book.addWorksheet('目录');
    sheet.getCell(1, 1).value = '政务数据资源目录';
    sheet.getRow(2).values = [...headings];
    return new OpenForm(book, sheet);
  }

  headings(): string[] {
    return [...this.#columns.keys()];
  }

  cell(heading: string, row: number): ExcelJS.Cell {
    return this.sheet.getCell(row, this.#columns.get(heading)!);
  }

  /** Every row below the headings as text. */
  rows(): string[][] {
    const rows: string[][] = [];
    for (let row = 3; row <= this.sheet.rowCount; row++) {
      rows.push([...this.#columns.values()].map((column) => this.sheet.getCell(row, column).text));
    }
    return rows;
  }

  /** The row in which the entry with this name begins. */
  entry(name: string): number {
    for (let row = 3; row <= this.sheet.rowCount; row++) if (this.cell('信息资源名称', row).text === name) return row;
    throw new Error(`no entry ${name}`);
  }

  fill(row: number, values: Readonly<Record<string, string>>): void {
    for (const [heading, text] of Object.entries(values)) this.cell(heading, row).value = text;
  }

  comments(): { cell: string; text: string }[] {
    const found: { cell: string; text: string }[] = [];
    this.sheet.eachRow((row) =>
      row.eachCell({ includeEmpty: true }, (cell) => {
        const note = cell.note;
        if (note !== undefined)
          found.push({
            cell: cell.address,
            text: typeof note === 'string' ? note : (note.texts ?? []).map(({ text }) => text).join(''),
          });
      }),
    );
    return found;
  }

  async bytes(): Promise<Buffer> {
    return Buffer.from(await this.book.xlsx.writeBuffer());
  }
}

/** An entry that nothing is wrong with. */
export const PARKING: Readonly<Record<string, string>> = {
  信息资源分类: '303003002',
  信息资源名称: '停车位信息',
  信息资源代码: '303003002/000088',
  信息资源提供方: '住房和物业主管部门',
  信息资源提供方代码: '11370399000000035C',
  信息资源摘要: '小区停车位及其承租人',
  信息资源格式分类: '数据库',
  信息资源格式类型: 'mysql',
  共享类型: '有条件共享',
  共享条件: '区级部门为停车管理使用',
  共享方式分类: '其他',
  共享方式类型: '数据库、服务接口',
  是否向社会开放: '是',
  开放条件: '脱敏后开放',
  更新周期: '每季度',
  发布日期: '2026-01-31',
  关联资源代码: '303003002/000001',
  数据分类分级: '物业服务／一般3级',
  使用条件: '不得用于营销',
  保密风险评估: '不涉及国家秘密',
  个人信息保护影响评估: '已评估',
  部门负责人批准: '王主任 2026-01-30',
};
export const ITEMS: readonly Readonly<Record<string, string>>[] = [
  { 信息项名称: '车位编号', 数据类型: '字符型 C', 数据长度: '20', 是否主键: '是', 是否可为空: '否' },
  { 信息项名称: '承租人身份证号', 数据类型: '字符型 C', 数据长度: '18', 是否主键: '否', 是否可为空: '否' },
  { 信息项名称: '月租金', 数据类型: '货币型 Y', 数据长度: '16', 是否主键: '否', 是否可为空: '否' },
  { 信息项名称: '起租日期', 数据类型: '日期型 D', 数据长度: '', 是否主键: '否', 是否可为空: '否' },
  { 信息项名称: '地锁联网', 数据类型: '逻辑型 L', 数据长度: '', 是否主键: '否', 是否可为空: '否' },
  { 信息项名称: '平面图', 数据类型: '通用型 G', 数据长度: '', 是否主键: '否', 是否可为空: '是' },
];
