// The extension's own texts. JupyterLab's language decides; the words are those of the portal.

const CHINESE: Record<string, string> = {
  'Run all': '全部运行',
  'Run the whole notebook from top to bottom': '从上到下运行整个笔记本',
  'Submit for review': '提交评审',
  'Save the micro-project and send it to the reviewers': '保存微项目并提交给评审人',
  'Show code': '显示代码',
  'Hide code': '隐藏代码',
  'Show or hide the code behind the results': '显示或隐藏结果背后的代码',
  'This notebook does not belong to a micro-project.': '这个笔记本不属于任何微项目。',
  'A note for the reviewers (optional)': '给评审人的说明（可选）',
  'The notebook is saved and a frozen copy is checked automatically; then a colleague reviews it.':
    '系统会保存笔记本，对一份冻结的副本做自动检查，然后由同事评审。',
  'Submit': '提交',
  'Cancel': '取消',
  'Close': '关闭',
  'Saving…': '正在保存…',
  'Submitting…': '正在提交…',
  'Submission {number}': '第 {number} 次提交',
  'Waiting for the examination…': '正在等待检查…',
  'Examining…': '正在检查…',
  'The examination found nothing that stands in the way. Reviewers see it now.': '检查没有发现问题，评审人现在可以看到它。',
  'The examination found points for the reviewers. They see it now.': '检查发现了需要评审人判断的地方，评审人现在可以看到它。',
  'The examination found what must be put right before it can be published.': '检查发现了发布前必须改正的问题。',
  'The examination could not be finished.': '检查没能完成。',
  'See it in the portal': '在门户中查看',
  'To do:': '怎么办：',
  'It did not work.': '没有成功。',
  'JupyterLab is not reachable. Check whether the sandbox is still running.': '无法连接 JupyterLab，请确认沙箱仍在运行。',
  'Try again': '重试',
  'Loading…': '正在加载…',

  'Start': '开始',
  'My projects and the templates': '我的项目和模板',
  'Good to see you, {name}': '您好，{name}',
  'Safe data, a result in minutes, no code needed.': '安全的数据，几分钟出结果，不用写代码。',
  'My projects': '我的项目',
  'Start from a template': '从模板开始',
  'None yet. Pick the template that is closest to your problem.': '还没有项目。请选择与您的问题最接近的模板。',
  'The examination left {open} points to look at': '检查留下 {open} 处需要您看一看',
  '{reviewer}: {decision}': '{reviewer}：{decision}',
  'about {minutes} minutes': '大约 {minutes} 分钟',
  'What shall it be called?': '项目名称',
  'Your problem in a sentence': '用一句话说明您的问题',
  'The figure that should move: {kpi}': '要改善的指标：{kpi}',
  'today': '目前',
  'aimed at': '目标',
  'Data': '数据',
  'There is no data yet that you may use. Ask a data steward.': '还没有您可以使用的数据，请联系数据管理员。',
  'Make the project': '创建项目',

  'Learn': '学习',
  'Completed: the badge is yours': '已完成，徽章归您',
  '{solved} of {total} exercises': '已完成 {solved} / {total} 个练习',
  'opens to you after the learning path “{paths}” (start page, under “Learn”).':
    '完成学习路径“{paths}”后即可使用（在开始页的“学习”中）。',
  'That was three times not quite.': '连续三次都差一点。',
  'Read the part above once more; another question comes at {time}.': '请再读一遍上面的内容；{time} 会有新的题目。',
  'Show the question': '显示题目',
  'Not yet.': '还不对。',
  'That was the last one: the badge is yours.': '这是最后一题，徽章归您了！',
  'It is on your page in the portal.': '它会显示在门户中您的个人页面上。',
  '{left} more tries with this question.': '这道题还可以试 {left} 次。',
  'I have done it': '我已完成',
  'Your answer': '您的答案',

  'My project': '我的项目',
  'Open a micro-project to see its steps, data and checks here.': '打开一个微项目，这里会显示它的步骤、数据和检查结果。',
  'Steps': '步骤',
  'My data': '我的数据',
  'Check': '检查',
  'Preview': '预览',
  'Versions': '版本',
  '{done} of {all} steps have a result': '共 {all} 步，{done} 步已有结果',
  'The app, as colleagues will see it': '小应用（同事看到的样子）',
  'done': '已完成',
  'running': '正在运行',
  'stopped with an error': '出错停止',
  'not run yet': '尚未运行',
  'Find a column': '查找列',
  'Click inserts into the notebook; you can also drag. Nobody can be recognised in these data.':
    '点击即可插入笔记本，也可以拖放。这些数据中无法认出任何人。',
  '{rows} rows': '{rows} 行',
  'Insert {text}': '插入 {text}',
  'Reading…': '正在读取…',
  '{open} points as it is saved now': '按目前保存的内容，有 {open} 处需要注意',
  'Nothing found by reading. What only a run can show is checked when you submit.':
    '读取时没有发现问题。需要运行才能发现的内容会在提交时检查。',
  'From the examination of submission {number}': '来自第 {number} 次提交的检查',
  'Go to the cell': '转到这个单元格',
  'A cell stops with an error.': '有一个单元格出错停止。',
  'Read the last line below it, correct the form or the code, then press “Run all”.':
    '请看它下面的最后一行，改正表单或代码，然后按“全部运行”。',
  'The app as colleagues will see it: the cells below “The app”, with the model that was saved last. It can read the project, not change it.':
    '同事看到的小应用：标记为小应用的单元格，加上最近一次保存的模型。它只能读取项目，不能修改。',
  'Show the app': '显示小应用',
  'As on a phone': '手机宽度',
  'Starting the app…': '正在启动小应用…',
  'The app could not be shown. Press “Run all” first, then try again.': '无法显示小应用。请先按“全部运行”，再试一次。',
  'The app': '小应用',
  'Every save is kept. Look what differs, and bring back what you need; nothing is lost by that.':
    '每次保存都会留存。可以查看差别，恢复需要的版本；这样不会丢失任何内容。',
  'Nothing was saved yet.': '还没有保存过。',
  'kept aside: it could not be saved': '另存：当时未能保存',
  'before an older version came back': '恢复旧版本之前的内容',
  'version {number} brought back': '恢复自第 {number} 版',
  'as it is now': '当前内容',
  'Comparing…': '正在比较…',
  'this cell would come back': '这个单元格会恢复',
  'this cell would go': '这个单元格会消失',
  'this cell would change': '这个单元格会变化',
  'this cell would move': '这个单元格会移动',
  'No text and no choice differs; only results may.': '文字和选择都相同，只有结果可能不同。',
  'Bring this version back': '恢复这个版本',

  '{person} has been working on this project since {time}. You can read along.':
    '{person} 从 {time} 起正在编辑这个项目，您可以在这里查看。',
  '{person}’s project': '{person} 的项目',
  '{person} has been working on this project in another window since {time}. You can read along.':
    '{person} 从 {time} 起在另一个窗口编辑这个项目，您可以在这里查看。',
  'What you had not saved is kept among the versions.': '您未保存的内容已存入版本历史。',
  'Work here instead': '改在这里编辑',
  'You are reading along. To submit, first choose “Work here instead”.': '您正在查看。要提交，请先点“改在这里编辑”。',
  'The form is getting ready…': '正在准备表单…',
  'Stop': '停止',
  'The form did not come up.': '表单没有显示出来。',
  'Your choices are here. The results are being calculated again…': '您的选择都在这里。正在重新计算结果…',
  'Not all results are back.': '还有结果没有算出来。',
  'The choices are here. “Run all” brings the results.': '选择都在这里。按“全部运行”即可看到结果。',
  'The result comes with “Run all”.': '按“全部运行”即可看到结果。',
  'You see the result when you work here.': '改在这里编辑后即可看到结果。',
  'The calculation ended by itself; perhaps it needed too much memory. Nothing is lost: your choices and your text are saved.':
    '计算意外结束，可能是内存不够。没有丢失任何内容：您的选择和文字都已保存。',
  'Run again': '重新运行'
};

export class Texts {
  constructor(languageCode: string) {
    this._chinese = languageCode.toLowerCase().startsWith('zh');
  }

  /** The reader's language as browsers call it. */
  get language(): string {
    return this._chinese ? 'zh-CN' : 'en';
  }

  /** The text in the reader's language; `{name}` is filled from `fields`. */
  get(text: string, fields: Record<string, string | number> = {}): string {
    const found = this._chinese ? (CHINESE[text] ?? text) : text;
    return found.replace(/\{(\w+)\}/g, (whole, name) => String(fields[name] ?? whole));
  }

  /** Day and time of an ISO time, short. */
  time(iso: string): string {
    const options: Intl.DateTimeFormatOptions = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' };
    return new Intl.DateTimeFormat(this.language, { ...options, hour12: false }).format(new Date(iso));
  }

  /** The time of day of an ISO time. */
  clock(iso: string): string {
    const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hour12: false };
    return new Intl.DateTimeFormat(this.language, options).format(new Date(iso));
  }

  private _chinese: boolean;
}
