"""Dictionaries of names and places. Common words of the language, from no register of people."""

from __future__ import annotations

from typing import Final

# fmt: off
# fmt: off
#: The surnames of about 95 % of people in China, by frequency.
SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文欧温樊鲁"
    "葛庞邢殷倪施翟安颜柯傅章俞梅盛童焦鲍舒涂单费岳齐尚申骆关纪裴聂卓牛左谷古季应祝柳阎辛饶耿牟宁游阮凌柴阳华管解芦"
    "詹苗甘景路蒲穆项卜包冉屈霍符匡储瞿晏宫滕苟蓝艾池褚邬郎席姬娄仇查臧屠欧蔺习隋车束冀荣边麦商卫蒙祁窦靳简闵佟司桑"
    "党连花阚明代鄢仲楚喻米巫"
    # The same in traditional characters.
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸範賈韋鄒閻龍陶賀顧龔邵萬錢嚴溫龐顏齊關紀聶塗鄔寧閔駱蔣談湯喬賴練饒"
)
COMPOUND_SURNAMES: Final = (
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 司空 夏侯 端木 南宫 西门 轩辕 长孙 宇文 独孤 澹台 拓跋 "
    "呼延 百里"
).split()
#: Characters that hardly stand in a given name: where one of them follows, a sentence goes on.
NO_GIVEN_NAME: Final = (
    "的了是在有不这那他她们我你您也都或及吗呢吧啊把被给么什怎哪谁很还没请说去到从将已再又个位元次号码单账款网线话"
    "费问题法式间候度额额本量数据类型称址时日年月"
)
#: Ordinary words that begin with a surname.
NO_NAMES: Final = (
    "单天 包天 高兴 高峰期 高峰时 高层 高级 高速 方便 方案 "
    "方面 谢谢 温馨 温暖 周末 周边 周围 周一 周二 周三 周四 周五 周六 周日 周期 "
    "马上 马路 常常 常见 常用 经常 任何 任务 何处 何必 黄色 黄金 白色 白天 白班 安装 安全 安排 安静 成功 成员 明天 "
    "明白 明细 全部 程序 钱包 连接 连续 路由 路由器 单位 单独 管理 管家 解决 解释 应该 应用 施工 单身 关于 关闭 "
    "关注 易碎 简单 简体 商品 商家 商户 华为 华东 华北 华南 金融 金属 石油 江苏 江西 万一 万元 文件 文档 文字 文本 "
    "代码 代理 代表 代办 包括 包装 包月 车辆 车牌 车间 边缘 康复 平安 宁波 夏天 夏季 古代 季度 项目 游戏 游客 苏州 "
    "柳州 常州 郑州 温州 徐州 广州 祝好 祝福 欧洲 谷歌 池塘 麦克风 蓝色 蓝牙 花费 费用 费率 时候 时间 尚未 申请 "
    "申报 申诉 齐全 左右 关系 盛大 应急 高温 高清 高新 方向 卫生 荣誉 金牌 金额 古典 姓名 先生 女士 小姐 顾客 客户 "
    "用户 经理 毛利 毛病 严重 严格 施行 明确 明显 车主 车险 党员 党费 米饭 席位 宁静 简历 舒适 舒服 游泳"
).split()
#: English given names that are hardly anything else.
GIVEN_NAMES: Final = (
    "Aaron Adam Adrian Ahmed Aidan Alan Albert Alex Alexander Alexandra Alfred Alice Alicia Alison Amanda Amelia "
    "Amy Ana Andre Andrea Andreas Andrew Angela Anita Ann Anna Anne Anthony Antonio Arthur Barbara Beatrice Ben "
    "Benjamin Bernard Beth Betty Brandon Brenda Brian Bruce Carl Carla Carlos Carol Caroline Catherine Charles "
    "Charlotte Chiara Chloe Chris Christian Christina Christine Christopher Claire Clara Claudia Colin Craig "
    "Cynthia Daniel Daniela David Deborah Denise Dennis Diana Diego Donald Donna Dorothy Douglas Edward Elaine "
    "Eleanor Elena Eleni Elizabeth Ella Ellen Emily Emma Eric Erik Erika Esther Eva Evelyn Felix Fiona Florian "
    "Frances Francesca Francesco Francis Frank Franziska Frederick Gabriel Gabriela Gary Geoffrey George Georgia "
    "Gerald Giulia Giovanni Gloria Grace Graham Greg Gregory Hannah Hans Harold Harriet Harry Heather Heidi Helen "
    "Helena Henri Henry Holly Howard Hugo Ian Ingrid Irene Isabel Isabella Ivan Jack Jacob Jacqueline James Jan "
    "Jane Janet Jason Javier Jean Jeff Jeffrey Jennifer Jeremy Jessica Jill Joan Joanna Johannes John Jonas "
    "Jonathan Jorge Jose Joseph Joshua Juan Judith Julia Julian Julie Juliette Karen Karl Katharina Katherine "
    "Kathleen Katie Keith Kelly Kenneth Kevin Kim Klaus Larry Lars Laura Lauren Lawrence Leah Leo Leon Leonie "
    "Linda Lisa Liam Louis Louise Luca Lucas Lucia Lucy Luis Lukas Luke Lynn Marco Marcus Margaret Maria Marie "
    "Mario Markus Martha Martin Martina Mary Mateo Matilda Matteo Matthew Matthias Maurice Max Megan Melissa Mia "
    "Michael Michelle Miguel Mohamed Mohammed Monica Nancy Natalie Natasha Nathan Neil Nicholas Nicole Nina Noah "
    "Nora Olga Oliver Olivia Oscar Owen Pamela Patricia Patrick Paul Paula Pedro Peter Philip Philipp Pierre "
    "Rachel Ralph Raymond Rebecca Richard Robert Roberto Roger Ronald Ruth Ryan Samantha Samuel Sandra Sara Sarah "
    "Scott Sean Sebastian Sharon Simon Simone Sofia Sophia Sophie Stefan Stella Stephanie Stephen Steve Steven "
    "Stuart Susan Sven Teresa Theresa Thomas Tim Timothy Tobias Tom Tony Tracy Valentina Valerie Vanessa Victor "
    "Victoria Vincent Walter Wayne Wendy William Yvonne Zoe"
).split()
#: What follows a capitalised word when the two are no name.
NO_FAMILY_NAMES: Final = (
    "Account Avenue Bank Box Bridge Care Center Centre City Code College Company Connect Corp Customer Data Day "
    "Department Desk Drive Forest Group Hall Hotel Inc Lane Ltd Madam Model Office Order Park Period Place Plan "
    "Plus Port Product Regression Report Road School Service Services Sir Square Station Store Street Support "
    "Table Team Tech Test Tower University Update"
).split()

PROVINCES: Final = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 "
    "贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门"
).split()
#: Prefecture-level cities and the larger county-level ones.
CITIES: Final = (
    "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 "
    "临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 "
    "营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 长春 四平 辽源 通化 白山 松原 白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 "
    "伊春 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 "
    "宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 "
    "宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 "
    "吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 郑州 开封 "
    "洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 "
    "鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 "
    "湘西 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 "
    "南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州 成都 自贡 攀枝花 "
    "泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 贵阳 六盘水 遵义 "
    "安顺 毕节 铜仁 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 拉萨 日喀则 "
    "昌都 林芝 山南 那曲 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 "
    "平凉 酒泉 庆阳 定西 陇南 临夏 西宁 海东 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 伊犁 "
    "喀什 石河子 昆山 义乌 常熟 江阴 张家港 晋江 慈溪 太仓 宜兴 浦东 九龙 台北 高雄"
).split()
# fmt: on
# fmt: on
